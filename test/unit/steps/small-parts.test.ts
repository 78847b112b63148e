import { describe, expect, it } from 'vitest';
import type { RedisConnection } from '../../../src/compare/wire/redis-connection.ts';
import { RedisErrorReply, type Reply } from '../../../src/compare/wire/resp-reply.ts';
import { countWrites, probeWrites } from '../../../src/steps/fence-probe.ts';
import { chooseParkingAddress, usableRange } from '../../../src/steps/parking-address.ts';
import { commandCalls, infoNumber, keysByDatabase, readInfo } from '../../../src/steps/redis-access.ts';
import { pollDelay } from '../../../src/steps/settings.ts';
import { brokenSyncJob } from '../../../src/steps/sync-job-health.ts';
import { FakeCloud, newJob } from './fake-cloud.ts';
import { SETTINGS } from './run-step.ts';

/** A connection that answers each command as it is told to. */
function saying(answers: Record<string, Reply>): RedisConnection {
  return {
    command: async (...[name]) => {
      const answer = answers[String(name)];
      if (answer === undefined) throw new Error(`not told what to say to ${String(name)}`);
      return answer;
    },
    pipeline: async () => [],
    close: () => undefined,
  };
}
const error = (message: string) => new RedisErrorReply(message);
const READONLY = error("READONLY You can't write against a read only slave.");

describe('the parking address', () => {
  it.each([
    ['10.0.0.0/24', '10.0.0.2', 253],
    ['10.0.0.77/24', '10.0.0.2', 253],
    ['192.168.255.0/29', '192.168.255.2', 5],
    ['10.1.0.0/16', '10.1.0.2', 65_533],
    ['10.0.0.0/30', '10.0.0.2', 1],
  ])('of %s is from %s on, one of %i', async (...[cidr, first, count]) => {
    expect(usableRange(cidr)?.count).toBe(count);
    const cloud = new FakeCloud();
    const subnet = { ...(await cloud.readSubnet({ region: 'r', vpcId: 'v', subnetId: 's' })), cidr };
    expect(await chooseParkingAddress({ cloud, random: () => 0 }, subnet)).toBe(first);
  });

  it.each(['10.0.0.0/31', '10.0.0.0/32', '10.0.0.0/33', '10.0.0.256/24', 'fe80::/64', '', '10.0.0.0'])(
    'is not looked for in %s',
    (cidr) => {
      expect(usableRange(cidr)).toBeUndefined();
    },
  );

  it('is one that nobody holds, found by going round the subnet', async () => {
    const cloud = new FakeCloud();
    for (const last of [6, 2, 3])
      cloud.otherAddresses.set(`10.9.0.${last}`, { resourceType: 'CVM', resourceId: 'x' });
    const subnet = {
      region: 'r',
      vpcId: 'v',
      subnetId: 's',
      zone: 'z',
      cidr: '10.9.0.0/29',
      availableIpCount: 2,
    };
    expect(await chooseParkingAddress({ cloud, random: () => 0.99 }, subnet)).toBe('10.9.0.4');
    for (const last of [4, 5])
      cloud.otherAddresses.set(`10.9.0.${last}`, { resourceType: 'CVM', resourceId: 'x' });
    expect(await chooseParkingAddress({ cloud, random: () => 0.5 }, subnet)).toBeUndefined();
  });
});

describe('the wait before the next poll', () => {
  it.each([
    [0, 10],
    [40, 10],
    [400, 100],
    [20_000, 5_000],
    [3_600_000, 5_000],
  ])(
    'after %i ms is %i ms: short at first, then a quarter of the time waited, bounded',
    (elapsedMs, delay) => {
      expect(pollDelay(SETTINGS, elapsedMs)).toBe(delay);
    },
  );
});

describe('the probe of the fence', () => {
  it.each<[string, Record<string, Reply>, string]>([
    ['open', { GET: null, DEL: 0, EVAL: 0 }, 'both accepted'],
    ['closed', { GET: null, DEL: READONLY, EVAL: READONLY }, 'both refused'],
    [
      'closed',
      { GET: null, DEL: error('ERR operation not permitted'), EVAL: error('ERR in script') },
      'in other words',
    ],
    [
      'scripts-open',
      { GET: null, DEL: error('NOREPLICAS Not enough good slaves'), EVAL: 0 },
      'only the plain refused',
    ],
    ['plain-open', { GET: null, DEL: 0, EVAL: READONLY }, 'only the script refused'],
  ])('says %s', async (...[gate, answers]) => {
    expect(await probeWrites(saying(answers))).toBe(gate);
  });

  const NOT_FENCED = [
    'LOADING Redis is loading the dataset in memory',
    'NOAUTH Authentication required.',
    'WRONGPASS invalid username-password pair or user is disabled.',
    'ERR invalid password',
    "ERR unknown command 'EVAL'",
    "NOPERM this user has no permissions to run the 'del' command",
    "ERR The user executing the script can't run this command or subcommand",
    'MOVED 1234 10.0.0.9:6379',
    'MASTERDOWN Link with MASTER is down',
    'BUSY Redis is busy running a script',
    'CLUSTERDOWN The cluster is down',
    'TRYAGAIN Multiple keys request during rehashing of slot',
  ];
  it.each(NOT_FENCED)('never takes "%s" for a fence, at whichever command', async (message) => {
    for (const command of ['GET', 'DEL', 'EVAL']) {
      const answers: Record<string, Reply> = {
        GET: null,
        DEL: READONLY,
        EVAL: READONLY,
        [command]: error(message),
      };
      await expect(probeWrites(saying(answers))).rejects.toMatchObject({
        code: 'REDIS_UNEXPECTED',
        retryable: true,
      });
    }
  });

  it('takes no other answer for one either: a number, a text, a key that is there', async () => {
    await expect(probeWrites(saying({ GET: null, DEL: 1, EVAL: 0 }))).rejects.toMatchObject({
      code: 'REDIS_UNEXPECTED',
    });
    await expect(probeWrites(saying({ GET: null, DEL: 0, EVAL: 'OK' }))).rejects.toMatchObject({
      code: 'REDIS_UNEXPECTED',
    });
    await expect(probeWrites(saying({ GET: Buffer.from('x'), DEL: 0, EVAL: 0 }))).rejects.toMatchObject({
      code: 'REDIS_UNEXPECTED',
    });
  });
});

describe('INFO', () => {
  const text = [
    '# Commandstats',
    'cmdstat_set:calls=5,usec=9,usec_per_call=1.80',
    'cmdstat_get:calls=100,usec=9,usec_per_call=0.09',
    'cmdstat_EVAL:calls=3,usec=9,usec_per_call=3',
    'cmdstat_xgroup|create:calls=2,usec=1,usec_per_call=1',
    '# Keyspace',
    'db0:keys=12,expires=3,avg_ttl=0',
    'db7:keys=1,expires=0,avg_ttl=0',
    'used_memory:1024',
  ].join('\r\n');
  const connection = saying({ INFO: Buffer.from(text) });

  it('is read field by field', async () => {
    const info = await readInfo(connection);
    expect(keysByDatabase(info)).toEqual(
      new Map([
        [0, 12],
        [7, 1],
      ]),
    );
    expect(commandCalls(info).get('eval')).toBe(3);
    expect(infoNumber(info, 'used_memory')).toBe(1024);
  });

  it('counts what changes data, a subcommand included, and nothing else', async () => {
    expect(await countWrites(connection)).toBe(7);
  });

  it('that is refused or has no such field is an error, never an empty answer', async () => {
    await expect(readInfo(saying({ INFO: error('NOAUTH Authentication required.') }))).rejects.toMatchObject({
      code: 'REDIS_UNEXPECTED',
      message: 'running INFO: unexpected answer (NOAUTH Authentication required.)',
    });
    const info = await readInfo(connection);
    expect(() => infoNumber(info, 'connected_clients')).toThrow('it has no connected_clients');
  });
});

describe('the health of the sync job', () => {
  it.each([
    'created',
    'checking',
    'check-passed',
    'starting',
    'copying',
    'catching-up',
    'completing',
    'paused',
  ] as const)('is fine while it is %s', (status) => {
    expect(brokenSyncJob(newJob('sync-1', { status }))).toBeUndefined();
  });
  it.each(['failed', 'interrupted', 'stopped', 'stopping', 'check-failed', 'completed'] as const)(
    'is over when it is %s',
    (status) => {
      expect(brokenSyncJob(newJob('sync-1', { status }))?.message).toContain('sync-1');
    },
  );
  it('is over when somebody gave it back, whatever it was doing', () => {
    for (const tradeStatus of ['isolated', 'offline'] as const) {
      expect(brokenSyncJob(newJob('sync-1', { status: 'catching-up', tradeStatus }))).toMatchObject({
        code: 'sync_job_isolated',
      });
    }
  });
  it('in a state nobody knows is met with patience', () => {
    const job = newJob('sync-1', { status: 'unknown', rawStatus: 'hibernating' });
    expect(() => brokenSyncJob(job)).toThrow(
      expect.objectContaining({ code: 'SYNC_JOB_UNKNOWN', retryable: true }),
    );
  });
  it.each([
    ["CROSSSLOT Keys in request don't hash to the same slot", 'hash tags'],
    ['SrcInstance nodes has changed', 'failed over'],
    ['OOM command not allowed', 'too small'],
  ])('names the cure of %s', (message, cure) => {
    const job = newJob('sync-1', { status: 'failed', rawStatus: 'failed', error: message });
    expect(brokenSyncJob(job)?.message).toContain(cure);
  });
});
