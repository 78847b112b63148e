import { afterEach, describe, expect, it, vi } from 'vitest';
import { type JumpClock, NOW_MS, REGION, rejection, SOURCE, useWorld } from './setup.ts';

const world = useWorld();
const NO_INSTANCES = { TotalCount: 0, InstanceSet: [] };
const readOnly = (cloud: ReturnType<typeof world.cloud>) => cloud.setReadOnly(SOURCE, true);

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the four shapes in which the SDK fails', () => {
  const shapes = [
    ['an error envelope', { error: 'InternalError.DbOperationFailed' }, 'CLOUD_UNAVAILABLE', true],
    ['a status that is not 200', { status: 503 }, 'CLOUD_UNAVAILABLE', true],
    ['a status of a host that is not the API', { status: 404 }, 'CLOUD_UNEXPECTED', false],
    ['a connection that is reset', 'reset', 'CLOUD_UNAVAILABLE', true],
    ['no answer in time', 'hang', 'CLOUD_UNAVAILABLE', true],
    ['an answer that ends too early', 'cut-in-the-body', 'CLOUD_UNAVAILABLE', true],
    ['an answer that is not JSON', { body: '<html>gateway</html>' }, 'CLOUD_UNAVAILABLE', true],
    ['JSON without a Response', { body: '{"hello":1}' }, 'CLOUD_UNEXPECTED', false],
    ['a Response without what was asked for', {}, 'CLOUD_UNEXPECTED', false],
  ] as const;

  it.each(shapes)('%s rejects a read with a code to decide by', async (...[, reply, code, retryable]) => {
    world.tencent.answer('DescribeInstanceSecurityGroup', reply);
    const cloud = world.cloud({ limits: { attemptTimeoutMs: 100, readDeadlineMs: 150 } });
    const error = await rejection(cloud.securityGroups(SOURCE));
    expect(error).toMatchObject({ name: 'CloudError', code, cloudCode: code, retryable });
    expect(error.action).toBe('DescribeInstanceSecurityGroup');
    expect(error.message).toMatch(/^DescribeInstanceSecurityGroup: \S/);
  });

  const mutationShapes = shapes.slice(0, -1);
  it.each(mutationShapes)(
    '%s leaves open whether a mutation happened, and it is not repeated',
    async (_n, reply) => {
      world.tencent.answer('ModifyInstanceReadOnly', reply);
      const error = await rejection(readOnly(world.cloud({ limits: { attemptTimeoutMs: 100 } })));
      expect(error.mayHaveHappened).toBe(true);
      expect(world.tencent.count('ModifyInstanceReadOnly')).toBe(1);
      expect(world.clock.pauses).toEqual([]);
    },
  );

  it('keeps what the envelope says', async () => {
    world.tencent.answer('ModifyInstanceReadOnly', {
      error: 'ResourceUnavailable.InstanceLockedError',
      says: 'Instance locked by another flow.',
    });
    const error = await rejection(readOnly(world.cloud()));
    expect(error).toMatchObject({
      cloudCode: 'CLOUD_BUSY',
      tencentCode: 'ResourceUnavailable.InstanceLockedError',
      requestId: 'request-1',
      mayHaveHappened: false,
      message:
        'ModifyInstanceReadOnly: Instance locked by another flow. (ResourceUnavailable.InstanceLockedError, request request-1)',
    });
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('says how long it waited when no answer came', async () => {
    world.tencent.answer('ModifyInstanceReadOnly', 'hang');
    const error = await rejection(readOnly(world.cloud({ limits: { attemptTimeoutMs: 40 } })));
    expect(error.message).toBe('ModifyInstanceReadOnly: no answer within 40 ms');
  });

  it('rejects when nobody listens there', async () => {
    const error = await rejection(readOnly(world.cloud({ endpoint: 'http://127.0.0.1:1' })));
    expect(error).toMatchObject({ cloudCode: 'CLOUD_UNAVAILABLE', tencentCode: '', requestId: '' });
  });
});

describe('repeating', () => {
  it.each([
    [{ error: 'RequestLimitExceeded' }],
    [{ error: 'InternalError' }],
    [{ error: 'FailedOperation.SystemError' }],
    [{ status: 502 }],
    ['reset' as const],
    [{ body: 'not json' }],
  ])('repeats a read after %j', async (failure) => {
    world.tencent.answer('DescribeInstances', failure, failure, NO_INSTANCES);
    await expect(world.cloud().listInstances()).resolves.toEqual([]);
    expect(world.tencent.count('DescribeInstances')).toBe(3);
  });

  it('waits longer each time, up to a maximum, and takes up to half away by chance', async () => {
    const failure = { error: 'InternalError' };
    world.tencent.answer('DescribeInstances', ...Array(7).fill(failure), NO_INSTANCES);
    await world.cloud({ limits: { backoffMaxMs: 5_000 } }).listInstances();
    expect(world.clock.pauses).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);

    world.clock.pauses.length = 0;
    world.tencent.answer('DescribeInstances', failure, failure, NO_INSTANCES);
    await world.cloud({ random: () => 0.999 }).listInstances();
    expect(world.clock.pauses.map(Math.round)).toEqual([100, 200]);
  });

  it('gives a read up with its last error when the deadline is over', async () => {
    world.tencent.answer('DescribeInstances', { error: 'InternalError' });
    const error = await rejection(world.cloud({ limits: { readDeadlineMs: 10_000 } }).listInstances());
    expect(error.tencentCode).toBe('InternalError');
    expect(world.clock.now() - NOW_MS).toBeLessThan(10_000);
    expect(world.tencent.count('DescribeInstances')).toBe(6);
  });

  it.each([
    'InvalidParameter',
    'AuthFailure.SignatureFailure',
    'UnauthorizedOperation',
    'ResourceUnavailable.InstanceLockedError',
    'SomethingNew',
  ])('does not repeat a read after %s', async (code) => {
    world.tencent.answer('DescribeInstances', { error: code });
    await rejection(world.cloud().listInstances());
    expect(world.tencent.count('DescribeInstances')).toBe(1);
  });

  it('repeats a mutation that the rate limit turned away, since nothing happened', async () => {
    world.tencent.answer('ModifyInstanceReadOnly', { error: 'RequestLimitExceeded' }, { TaskId: 7 });
    await expect(readOnly(world.cloud())).resolves.toMatchObject({ id: 7 });
    expect(world.tencent.count('ModifyInstanceReadOnly')).toBe(2);
  });

  it('stops a mutation after rate limits when its deadline is over, and knows that it did not happen', async () => {
    world.tencent.answer('ModifyInstanceReadOnly', { error: 'RequestLimitExceeded.UinLimitExceeded' });
    const error = await rejection(readOnly(world.cloud({ limits: { mutationDeadlineMs: 1_000 } })));
    expect(error).toMatchObject({ cloudCode: 'CLOUD_RATE_LIMITED', mayHaveHappened: false });
    expect(world.tencent.count('ModifyInstanceReadOnly')).toBe(3);
  });

  it.each(['InvalidParameter', 'AuthFailure.TokenFailure', 'ResourceUnavailable.InstanceLockedError'])(
    'attempts a mutation once when %s refuses it before any effect',
    async (code) => {
      world.tencent.answer('ModifyInstanceReadOnly', { error: code });
      expect((await rejection(readOnly(world.cloud()))).mayHaveHappened).toBe(false);
      expect(world.tencent.count('ModifyInstanceReadOnly')).toBe(1);
    },
  );
});

describe('the pace on the wire', () => {
  it('spreads what is more than a second holds', async () => {
    world.tencent.answer('DescribeInstances', NO_INSTANCES);
    const cloud = world.cloud({ limits: { requestsPerSecond: 2 } });
    for (let index = 0; index < 5; index += 1) {
      await cloud.listInstances();
    }
    expect(world.clock.pauses).toEqual([1_000, 1_000]);
  });

  it('refuses, without having sent it, a call whose turn would come after its deadline', async () => {
    world.tencent.answer('ModifyInstanceReadOnly', { TaskId: 1 });
    const cloud = world.cloud({ limits: { requestsPerSecond: 1, mutationDeadlineMs: 500 } });
    await readOnly(cloud);
    const error = await rejection(readOnly(cloud));
    expect(error).toMatchObject({ cloudCode: 'CLOUD_RATE_LIMITED', mayHaveHappened: false, retryable: true });
    expect(world.tencent.count('ModifyInstanceReadOnly')).toBe(1);
  });
});

describe('the connection', () => {
  it('goes straight to the endpoint although the environment names a proxy', async () => {
    vi.stubEnv('http_proxy', 'http://127.0.0.1:1');
    world.tencent.answer('DescribeInstances', NO_INSTANCES);
    await expect(world.cloud().listInstances()).resolves.toEqual([]);
  });

  it('keeps connections alive', async () => {
    world.tencent.answer('DescribeInstances', NO_INSTANCES);
    await world.cloud().listInstances();
    expect(world.tencent.received[0]?.headers.connection).toBe('keep-alive');
  });

  it('sends the token of temporary credentials', async () => {
    world.tencent.answer('DescribeInstances', NO_INSTANCES);
    await world.cloud({ token: 'temporary' }).listInstances();
    expect(world.tencent.received[0]?.headers['x-tc-token']).toBe('temporary');
  });

  it('cuts off what is under way when it is closed, and refuses what comes after', async () => {
    world.tencent.answer('ModifyInstanceReadOnly', 'hang');
    const cloud = world.cloud();
    const pending = rejection(readOnly(cloud));
    await vi.waitUntil(() => world.tencent.count('ModifyInstanceReadOnly') === 1);
    cloud.close();
    expect((await pending).mayHaveHappened).toBe(true);
    const refused = await rejection(readOnly(cloud));
    expect(refused).toMatchObject({ cloudCode: 'CLOUD_UNAVAILABLE', mayHaveHappened: false });
    expect(world.tencent.count('ModifyInstanceReadOnly')).toBe(1);
  });

  it('ends a pause between two attempts when it is closed', async () => {
    world.tencent.answer('DescribeInstances', { error: 'InternalError' });
    let fallAsleep: () => void = () => undefined;
    const asleep = new Promise<void>((resolve) => {
      fallAsleep = resolve;
    });
    const clock: Pick<JumpClock, 'now' | 'sleep'> = {
      now: () => NOW_MS,
      sleep: (_ms, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('aborted')));
          fallAsleep();
        }),
    };
    const cloud = world.cloud({ clock });
    const pending = rejection(cloud.listInstances());
    await asleep;
    cloud.close();
    expect((await pending).message).toContain('being closed');
  });
});

describe('what is observed', () => {
  it('tells every exchange with its outcome, failed attempts included', async () => {
    world.tencent.answer('DescribeInstances', { error: 'InternalError.NetWorkErr' }, 'reset', NO_INSTANCES);
    await world.cloud().listInstances();
    const told = { action: 'DescribeInstances', region: REGION, ms: 0 };
    expect(world.calls).toEqual([
      { ...told, outcome: 'InternalError.NetWorkErr', requestId: 'request-1' },
      { ...told, outcome: 'CLOUD_UNAVAILABLE', requestId: '' },
      { ...told, outcome: 'OK', requestId: 'request-3' },
    ]);
  });
});
