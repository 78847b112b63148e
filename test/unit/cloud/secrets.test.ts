import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createSecrets } from '../../../src/cloud/secrets.ts';
import { REGION, rejection, SOURCE, TARGET, useWorld } from './setup.ts';

const world = useWorld();
const JOB = { region: REGION, id: 'dts-job00001' };
const SOURCE_PASSWORD = 'Sesame"open\\1%';
const TARGET_PASSWORD = 'Sesame';
const SETUP = {
  clearsTarget: false,
  source: { ...SOURCE, password: SOURCE_PASSWORD, username: undefined, edition: 'standard' },
  target: { ...TARGET, password: TARGET_PASSWORD, username: undefined, edition: 'cluster' },
} as const;

/** Everything a logger could find in a thing: properties that do not enumerate, causes and stacks included. */
const everything = (thing: unknown) =>
  `${inspect(thing, { depth: 20, showHidden: true })} ${JSON.stringify(thing)}`;

function expectNoSecret(thing: unknown): void {
  const text = everything(thing);
  for (const secret of ['Sesame', 'open\\\\1', 'printed-in-clear', 'the-secret-key', 'hunter2']) {
    expect(text).not.toContain(secret);
  }
}

describe('passwords handed to a sync job', () => {
  const quoting = `source password ${SOURCE_PASSWORD} and target password ${TARGET_PASSWORD} are wrong`;

  it.each([
    ['an error that quotes them', { error: 'InvalidParameter', says: quoting }],
    ['an error code that is one', { error: TARGET_PASSWORD, says: quoting }],
    ['an answer that is not JSON', { body: quoting }],
    ['a Response that is missing', { body: JSON.stringify({ Password: SOURCE_PASSWORD }) }],
    ['a status that is not 200', { status: 500, body: quoting }],
    ['no answer', 'hang'],
    ['a reset', 'reset'],
    ['an answer cut off', 'cut-in-the-body'],
  ] as const)('stay home after %s', async (_name, reply) => {
    world.tencent.answer('ModifyMigrationJob', reply);
    const cloud = world.cloud({ limits: { attemptTimeoutMs: 100 } });
    expectNoSecret(await rejection(cloud.configureSyncJob(JOB, SETUP)));
    expectNoSecret(world.calls);
    expect(world.calls).toHaveLength(1);
  });

  it('stay home when nobody can be reached', async () => {
    const cloud = world.cloud({ endpoint: 'http://127.0.0.1:1' });
    expectNoSecret(await rejection(cloud.configureSyncJob(JOB, SETUP)));
  });

  it('stay home when it works, and the words around them stay readable in what comes later', async () => {
    world.tencent.answer('ModifyMigrationJob', {});
    const cloud = world.cloud();
    expect(await cloud.configureSyncJob(JOB, SETUP)).toBeUndefined();

    world.tencent.answer('DescribeMigrationCheckJob', {
      Status: 'success',
      CheckFlag: 'checkNotPass',
      StepInfo: [{ StepId: 'ConnectDBCheck', StepStatus: 'failed', StepMessage: quoting }],
    });
    const check = await cloud.readSyncJobCheck(JOB);
    expectNoSecret(check);
    expect(check.items[0]?.message).toBe(
      'source password [redacted] and target password [redacted] are wrong',
    );

    world.tencent.answer('DescribeTaskInfo', {
      Status: 'failed',
      TaskMessage: `AUTH ${SOURCE_PASSWORD} failed`,
    });
    expectNoSecret(await cloud.readTask({ region: REGION, id: 1, requestId: '' }));
    expectNoSecret(world.calls);
  });
});

describe('passwords that Tencent prints', () => {
  const endpoint = (id: string) => ({
    Info: [{ InstanceId: id, User: 'root', Password: 'printed-in-clear' }],
  });
  const broken = {
    JobId: JOB.id,
    Status: 'failed',
    BriefMsg: 'printed-in-clear was refused',
    SrcInfo: endpoint(SOURCE.id),
    DstInfo: endpoint(TARGET.id),
  };

  it('are in nothing that is answered of a job, nor in its error text', async () => {
    world.tencent.answer('DescribeMigrationJobs', { TotalCount: 1, JobList: [broken] });
    world.tencent.answer('DescribeMigrationDetail', {
      ...broken,
      ErrorInfo: [{ Code: 'Auth', ErrorLog: 'ERR invalid password printed-in-clear', Solution: '' }],
    });
    const cloud = world.cloud();
    const job = await cloud.readSyncJob(JOB);
    expect(job.error).toBe('Auth\nERR invalid password [redacted]\n[redacted] was refused');
    expectNoSecret(job);
    expectNoSecret(await cloud.readSyncJob(JOB, { fresh: true }));
    expectNoSecret(await cloud.findSyncJobs(REGION, 'up-12345678'));
  });

  it('are in no complaint about an answer that cannot be understood', async () => {
    world.tencent.answer('DescribeMigrationJobs', { JobList: [{ ...broken, JobId: 17 }] });
    const error = await rejection(world.cloud().findSyncJobs(REGION, 'up-12345678'));
    expect(error.cloudCode).toBe('CLOUD_UNEXPECTED');
    expectNoSecret(error);
  });
});

describe('the key of the account', () => {
  it('stays home although an error quotes it', async () => {
    world.tencent.answer('DescribeInstances', {
      error: 'AuthFailure.SignatureFailure',
      says: 'signed with the-secret-key and token hunter2',
    });
    expectNoSecret(await rejection(world.cloud({ token: 'hunter2' }).listInstances()));
  });
});

describe('cutting secrets out of a text', () => {
  it('cuts the longer one first, so that none leaves a rest', () => {
    const secrets = createSecrets();
    secrets.learn('abcd', 'abcdefgh');
    expect(secrets.redact('abcdefgh abcd')).toBe('[redacted] [redacted]');
  });

  it('cuts escaped forms too', () => {
    const secrets = createSecrets();
    secrets.learn('a"b c');
    expect(secrets.redact('{"p":"a\\"b c"} a%22b%20c')).toBe('{"p":"[redacted]"} [redacted]');
  });

  it.each([
    ['masterauth=swordfish;', 'masterauth=[redacted];'],
    ['{"Password":"swordfish","x":1}', '{"Password":"[redacted]","x":1}'],
    ['requirepass: swordfish', 'requirepass: [redacted]'],
    ['AUTH swordfish', 'AUTH [redacted]'],
    ['the password is wrong', 'the password is wrong'],
    ['ERR invalid password', 'ERR invalid password'],
  ])('%j becomes %j, although it was never told of any', (text, cut) => {
    expect(createSecrets().redact(text)).toBe(cut);
  });

  it('does not take emptiness or asterisks for a secret', () => {
    const secrets = createSecrets();
    secrets.learn('', '***', undefined);
    secrets.learnFrom({ Password: '****', Info: [{ Password: '' }, null] });
    expect(secrets.redact('nothing *** here')).toBe('nothing *** here');
  });
});
