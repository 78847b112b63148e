import { createHash, createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coverage } from '../../../../src/sandbox/cloud/coverage.ts';
import { type CloudUnderTest, codeOf, sdkClients, secrets, startCloudUnderTest } from './cloud-under-test.ts';

let under: CloudUnderTest;
beforeAll(async () => {
  under = await startCloudUnderTest();
});
afterAll(async () => {
  await under.close();
});

interface RawCall {
  action?: string;
  version?: string;
  region?: string;
  body?: unknown;
  timestamp?: number;
  /** Of the credential scope, when it is not that of the timestamp. */
  date?: string;
  secretId?: string;
}

/** Signs like the SDK, and lets a test get every part of it wrong. */
async function post(
  call: RawCall,
): Promise<{ code: string | undefined; requestId: string; content: object }> {
  const body = JSON.stringify(call.body ?? {});
  const timestamp = call.timestamp ?? Math.floor(Date.now() / 1000);
  const date = call.date ?? new Date(timestamp * 1000).toISOString().slice(0, 10);
  const sha = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const canonical = `POST\n/\n\ncontent-type:application/json\nhost:127.0.0.1\n\ncontent-type;host\n${sha(body)}`;
  const toSign = `TC3-HMAC-SHA256\n${timestamp}\n${date}/127/tc3_request\n${sha(canonical)}`;
  const key = hmac(hmac(hmac(`TC3${secrets.secretKey}`, date), '127'), 'tc3_request');
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  const response = await fetch(under.cloud.endpoint, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-tc-action': call.action ?? 'DescribeInstances',
      'x-tc-version': call.version ?? '2018-04-12',
      'x-tc-region': call.region ?? 'ap-guangzhou',
      'x-tc-timestamp': String(timestamp),
      authorization: `TC3-HMAC-SHA256 Credential=${call.secretId ?? secrets.secretId}/${date}/127/tc3_request, SignedHeaders=content-type;host, Signature=${signature}`,
    },
  });
  expect(response.status).toBe(200);
  const { Response } = (await response.json()) as {
    Response: { Error?: { Code: string }; RequestId: string };
  };
  return { code: Response.Error?.Code, requestId: Response.RequestId, content: Response };
}

describe('signatures', () => {
  it('lets the SDK in, and answers a request id', async () => {
    const answer = await under.clients().redis.DescribeInstances({});
    expect(answer.RequestId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  });

  it('accepts what is signed by hand the way Tencent documents', async () => {
    expect((await post({})).code).toBeUndefined();
  });

  it('tells a wrong key, an unknown id, an old timestamp and a wrong scope date apart', async () => {
    const wrongKey = under.clients('ap-guangzhou', { ...secrets, secretKey: 'other' }).redis;
    expect(await codeOf(wrongKey.DescribeInstances({}))).toBe('AuthFailure.SignatureFailure');
    expect((await post({ secretId: 'AKIDnobody' })).code).toBe('AuthFailure.SecretIdNotFound');
    const now = Math.floor(Date.now() / 1000);
    expect((await post({ timestamp: now - 301 })).code).toBe('AuthFailure.SignatureExpire');
    expect((await post({ timestamp: now + 310 })).code).toBe('AuthFailure.SignatureExpire');
    expect((await post({ timestamp: now - 290 })).code).toBeUndefined();
    expect((await post({ date: '2020-01-01' })).code).toBe('AuthFailure.SignatureFailure');
  });

  it('refuses a request without a signature', async () => {
    const response = await fetch(under.cloud.endpoint, {
      method: 'POST',
      body: '{}',
      headers: { 'x-tc-action': 'DescribeInstances', 'x-tc-version': '2018-04-12', 'x-tc-timestamp': '1' },
    });
    expect(await response.json()).toMatchObject({
      Response: { Error: { Code: 'AuthFailure.SignatureFailure' } },
    });
  });

  it('checks the token of temporary credentials', async () => {
    const temporary = await startCloudUnderTest({ secrets: { ...secrets, token: 'for-an-hour' } });
    try {
      const list = (token?: string) =>
        sdkClients(temporary.cloud.endpoint, 'ap-guangzhou', {
          ...secrets,
          ...(token === undefined ? {} : { token }),
        }).redis.DescribeInstances({});
      expect((await list('for-an-hour')).TotalCount).toBe(0);
      expect(await codeOf(list())).toBe('AuthFailure.TokenFailure');
      expect(await codeOf(list('another'))).toBe('AuthFailure.TokenFailure');
    } finally {
      await temporary.close();
    }
  });
});

describe('the envelope', () => {
  it.each([
    ['an unknown action', { action: 'DescribeEverything' }, 'InvalidAction'],
    ['an action of another service', { action: 'GetMonitorData' }, 'InvalidAction'],
    ['an unknown version', { version: '2018-04-13' }, 'NoSuchVersion'],
    ['an unknown region', { region: 'ap-atlantis' }, 'UnsupportedRegion'],
    ['an unknown parameter', { body: { Limits: 1 } }, 'UnknownParameter'],
    ['a value of the wrong type', { body: { Limit: '1' } }, 'InvalidParameter'],
    ['a value out of range', { body: { Limit: 1_001 } }, 'InvalidParameterValue'],
    ['a missing parameter', { action: 'DescribeTaskInfo' }, 'MissingParameter'],
    [
      'an unknown nested parameter',
      { body: { InstanceTags: [{ TagKey: 'a', TagValue: 'b', Tag: 1 }] } },
      'UnknownParameter',
    ],
    [
      'an unknown instance',
      { action: 'DescribeInstanceParams', body: { InstanceId: 'crs-nobody00' } },
      'ResourceNotFound.InstanceNotExists',
    ],
  ])('answers %s with HTTP 200 and its code', async (_, call, code) => {
    expect((await post(call)).code).toBe(code);
  });

  it('admits 20 calls of an action a second and refuses the 21st', async () => {
    const time = { now: Date.now() };
    const limited = await startCloudUnderTest({
      clock: { now: () => time.now },
      requestsPerSecond: 20,
    });
    try {
      const { redis } = limited.clients();
      for (let i = 0; i < 20; i++) await redis.DescribeInstances({});
      expect(await codeOf(redis.DescribeInstances({}))).toBe('RequestLimitExceeded');
      // Another action has a budget of its own.
      expect((await redis.DescribeTaskList({})).TotalCount).toBe(0);
      time.now += 1_000;
      expect((await redis.DescribeInstances({})).TotalCount).toBe(0);
    } finally {
      await limited.close();
    }
  });

  it('does not show an instance of one region in another', async () => {
    const instance = await under.cloud.createInstance({
      name: 'far',
      region: 'ap-singapore',
      subnet: 's',
      version: '4.0',
      architecture: 'standard',
      start: 'lazy',
    });
    const here = await under.clients('ap-guangzhou').redis.DescribeInstances({ InstanceId: instance.id });
    const there = await under.clients('ap-singapore').redis.DescribeInstances({ InstanceId: instance.id });
    expect([here.TotalCount, there.TotalCount]).toEqual([0, 1]);
  });
});

describe('the journal', () => {
  it('keeps every call with its outcome, and no password', async () => {
    const { dts } = under.clients();
    await codeOf(
      dts.ModifyMigrationJob({
        JobId: 'dts-nobody00',
        RunMode: 'immediate',
        MigrateOption: { DatabaseTable: { ObjectMode: 'all' } },
        SrcInfo: {
          Region: 'ap-guangzhou',
          AccessType: 'cdb',
          DatabaseType: 'redis',
          NodeType: 'simple',
          Info: [{ InstanceId: 'crs-a', Password: 'open-sesame' }],
        },
        DstInfo: {
          Region: 'ap-guangzhou',
          AccessType: 'cdb',
          DatabaseType: 'redis',
          NodeType: 'simple',
          Info: [],
        },
      }),
    );
    const call = under.cloud.calls.at(-1);
    expect(call).toMatchObject({
      action: 'ModifyMigrationJob',
      version: '2021-12-06',
      region: 'ap-guangzhou',
      outcome: 'ResourceNotFound.JobNotExist',
    });
    expect(JSON.stringify(under.cloud.calls)).not.toContain('open-sesame');
  });
});

describe('the table of actions', () => {
  const versions = { redis: '2018-04-12', dts: '2021-12-06', monitor: '2018-07-24', vpc: '2017-03-12' };

  it('lists every action the API answers, once', () => {
    const listed = coverage.filter((entry) => entry.coverage !== 'not modelled');
    const names = listed.map(({ service, action }) => `${service} ${action}`).sort();
    expect(names).toEqual(under.cloud.actions.map(({ service, name }) => `${service} ${name}`).sort());
    expect(new Set(coverage.map(({ service, action }) => `${service} ${action}`)).size).toBe(coverage.length);
  });

  it.each(coverage.map((entry) => [entry.service, entry.action, entry.coverage] as const))(
    'says of %s %s what the API does: %s',
    async (service, action, covered) => {
      const { code } = await post({ action, version: versions[service] });
      if (covered === 'not modelled') expect(code).toBe('InvalidAction');
      else expect(code).not.toBe('InvalidAction');
    },
  );
});
