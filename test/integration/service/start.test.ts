import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CompareError } from '../../../src/compare/wire/compare-error.ts';
import type { StartRequest } from '../../../src/service/upgrade-service.ts';
import { SOURCE, TARGET } from '../../unit/upgrade/samples.ts';
import { startStore, type TestStore } from '../engine/test-store.ts';
import {
  ALICE,
  BOB,
  createUnderTest,
  REQUEST,
  refusalOf,
  type ServiceUnderTest,
} from './service-under-test.ts';

let store: TestStore;
let under: ServiceUnderTest;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());
beforeEach(() => {
  under = createUnderTest(store);
});

/** What stands in the way: the situation, the code of the refusal of `start`, and what its words must say. */
const REFUSALS: [string, (under: ServiceUnderTest, request: StartRequest) => void, string, string[]][] = [
  [
    'an unknown source',
    (_under, request) => {
      request.source = 'crs-nope';
    },
    'unknown_instance',
    ['crs-nope', '/redis-upgrade list'],
  ],
  [
    'an unknown target',
    (_under, request) => {
      request.target = 'crs-nope';
    },
    'unknown_instance',
    ['crs-nope'],
  ],
  [
    'the same instance twice',
    (_under, request) => {
      request.target = SOURCE.id;
    },
    'same_instance',
    [SOURCE.id, 'Name two'],
  ],
  [
    'an engine that is not Redis',
    ({ cloud }) => cloud.change(TARGET.id, { engine: 'other' }),
    'not_redis',
    [TARGET.id],
  ],
  [
    'a pair outside the matrix',
    ({ cloud }) => cloud.change(TARGET.id, { version: '7.0' }),
    'pair_not_supported',
    ['2.8 standard to 7.0 standard', '4.0 standard or 4.0 cluster'],
  ],
  [
    'a source that does not run',
    ({ cloud }) => cloud.change(SOURCE.id, { status: 'isolated' }),
    'not_ready',
    [SOURCE.id, 'not running (isolated)'],
  ],
  [
    'a target with another task',
    ({ cloud }) => cloud.change(TARGET.id, { status: 'in-flow' }),
    'not_ready',
    [TARGET.id, 'another task', 'Wait'],
  ],
  [
    'a target in another region',
    ({ cloud }) => cloud.change(TARGET.id, { region: 'ap-beijing' }),
    'not_ready',
    ['ap-beijing', 'choose a target in ap-guangzhou'],
  ],
  [
    'a target in another zone',
    ({ cloud }) => cloud.change(TARGET.id, { zoneId: 100004 }),
    'not_ready',
    ['another zone (100004)', 'same zone'],
  ],
  [
    'a target that is not empty',
    ({ inside }) => inside.set(TARGET.id, { usedMemoryMb: 1, keyspace: 'db0:keys=7,expires=0' }),
    'not_ready',
    [TARGET.id, 'not empty', '7 keys'],
  ],
  [
    'a target that is too small',
    ({ inside }) => inside.set(SOURCE.id, { usedMemoryMb: 1366, keyspace: 'db0:keys=9,expires=0' }),
    'not_ready',
    ['too small', '2048 MB', '2049 MB'],
  ],
  [
    'other databases than 0 for a cluster',
    ({ cloud, inside }) => {
      cloud.change(TARGET.id, { edition: 'cluster' });
      inside.set(SOURCE.id, { usedMemoryMb: 1, keyspace: 'db0:keys=9,expires=0\r\ndb3:keys=1,expires=0' });
    },
    'not_ready',
    ['database 3', 'standard target'],
  ],
  [
    'no credentials',
    ({ cloud }) => cloud.change(SOURCE.id, { passwordFree: false }),
    'not_ready',
    [SOURCE.id, 'no credentials', 'REDIS_UPGRADE_CREDENTIALS'],
  ],
  [
    'a wrong password',
    ({ cloud, credentials, inside }) => {
      cloud.change(SOURCE.id, { passwordFree: false });
      credentials.set(SOURCE.id, { password: 'wrong-password' });
      const throws = new CompareError('COMPARE_AUTH', 'authenticating at 10.0.0.5:6379: refused (WRONGPASS)');
      inside.set(SOURCE.id, { usedMemoryMb: 1, keyspace: '', throws });
    },
    'not_ready',
    [SOURCE.id, 'refuses the password from the credentials file'],
  ],
  [
    'a password where Tencent says there is none',
    ({ inside }) => {
      const throws = new CompareError('COMPARE_AUTH', 'connecting to 10.0.0.5:6379: NOAUTH');
      inside.set(SOURCE.id, { usedMemoryMb: 1, keyspace: '', throws });
    },
    'not_ready',
    ['wants a password although Tencent calls it password-free'],
  ],
  [
    'an instance that cannot be reached',
    ({ inside }) => {
      const throws = new CompareError('COMPARE_CONNECT', 'connecting to 10.0.1.8:6380: ECONNREFUSED');
      inside.set(TARGET.id, { usedMemoryMb: 1, keyspace: '', throws });
    },
    'not_ready',
    ['10.0.1.8:6380', 'ECONNREFUSED', 'security groups'],
  ],
  [
    'a subnet without room',
    (each) => {
      each.cloud.availableIpCount = 1;
    },
    'not_ready',
    ['1 free addresses', '2 are needed', 'Free some'],
  ],
];

describe('start is refused, nothing is written and nothing changed', () => {
  it.each(REFUSALS)('for %s', async (...[, arrange, code, words]) => {
    const request = { ...REQUEST };
    arrange(under, request);
    const refusal = refusalOf(await under.service.start(ALICE, request));
    expect(refusal.code).toBe(code);
    for (const word of words) expect(refusal.message).toContain(word);
    expect(refusal.message).not.toContain('wrong-password');
    expect(await under.journal.newest(10)).toEqual([]);
    expect(under.cloud.calls).toEqual([]);
    expect(under.rung).toEqual([]);
  });

  it('for everything that is wrong at once', async () => {
    under.cloud.change(TARGET.id, { zoneId: 100004 });
    under.inside.set(TARGET.id, { usedMemoryMb: 1, keyspace: 'db0:keys=7,expires=0' });
    under.cloud.change(SOURCE.id, { passwordFree: false });
    const { message } = refusalOf(await under.service.start(ALICE, REQUEST));
    expect(message.split('\n')).toHaveLength(3);
  });

  it('for an instance that is part of another upgrade, with its id', async () => {
    const first = await under.service.start(ALICE, REQUEST);
    if (!first.ok) throw new Error(first.refusal.message);
    const refusal = refusalOf(
      await under.service.start(BOB, { ...REQUEST, source: TARGET.id, target: 'crs-x' }),
    );
    expect(refusal.code).toBe('in_use');
    expect(refusal.message).toBe(
      `crs-target is part of upgrade ${first.value.id}, which has not ended. See /redis-upgrade status ${first.value.id}.`,
    );
  });

  it('for all but one of those who ask at the same instant', async () => {
    const said = await Promise.all([ALICE, BOB, ALICE, BOB].map((who) => under.service.start(who, REQUEST)));
    const winner = said.find((outcome) => outcome.ok);
    if (winner?.ok !== true) throw new Error('nobody was accepted');
    const refused = said.filter((outcome) => !outcome.ok).map(refusalOf);
    expect(refused).toHaveLength(3);
    for (const { code, message } of refused) {
      expect(code).toBe('in_use');
      expect(message).toContain(winner.value.id);
    }
    expect(await under.journal.unfinished()).toEqual([winner.value.id]);
  });
});

describe('start', () => {
  it('writes down who asked, holds both instances, rings, and shows the upgrade', async () => {
    const started = await under.service.start(ALICE, REQUEST);
    if (!started.ok) throw new Error(started.refusal.message);
    const { id } = started.value;
    expect(started.value).toMatchObject({
      status: 'running',
      requester: ALICE,
      source: SOURCE.id,
      channel: 'C1',
    });
    expect(under.rung).toEqual([id]);
    expect(await under.journal.holderOf(SOURCE.id)).toBe(id);
    expect(await under.service.view(id)).toEqual(started);
    expect(await under.service.recent(10)).toEqual([started.value]);
    expect(await under.service.journal(id)).toMatchObject({
      ok: true,
      value: [{ type: 'requested', actor: ALICE }],
    });
  });
});

describe('plan', () => {
  const plan = () => under.service.plan({ source: SOURCE.id, target: TARGET.id, switch: 'address' });

  it('tells every step with its undo, and changes nothing', async () => {
    const said = await plan();
    if (!said.ok) throw new Error(said.refusal.message);
    expect(said.value.problems).toEqual([]);
    expect(said.value.steps).toHaveLength(20);
    expect(said.value.steps.every(({ what, undo }) => what !== '' && undo !== '')).toBe(true);
    expect(under.cloud.calls).toEqual([]);
    expect(await under.journal.newest(1)).toEqual([]);
  });

  it('shows what stands in the way instead of refusing, who holds an instance included', async () => {
    await under.service.start(ALICE, REQUEST);
    under.cloud.change(TARGET.id, { zoneId: 100004 });
    const said = await plan();
    if (!said.ok) throw new Error(said.refusal.message);
    expect(said.value.problems).toHaveLength(2);
    expect(said.value.problems[1]).toContain('which has not ended');
  });

  it('warns that nobody could approve, of commands that a cluster refuses, and of eviction', async () => {
    under.directory.approvers = [];
    under.cloud.change(TARGET.id, { edition: 'cluster' });
    under.inside.set(SOURCE.id, {
      usedMemoryMb: 1,
      keyspace: 'db0:keys=1,expires=0',
      commandstats: 'cmdstat_rename:calls=1,usec=1',
      evictedKeys: 4,
    });
    const said = await plan();
    if (!said.ok) throw new Error(said.refusal.message);
    const warnings = said.value.warnings.join('\n');
    for (const word of ['REDIS_UPGRADE_APPROVERS', 'RENAME', 'evicted']) expect(warnings).toContain(word);
    expect(said.value.advice.join()).toContain('standard');
  });

  it('is refused for what cannot be a pair', async () => {
    const said = await under.service.plan({ source: SOURCE.id, target: SOURCE.id, switch: 'address' });
    expect(refusalOf(said).code).toBe('same_instance');
  });
});

describe('list', () => {
  it('tells of each instance what it could become and which upgrade has it', async () => {
    const started = await under.service.start(ALICE, REQUEST);
    if (!started.ok) throw new Error(started.refusal.message);
    under.cloud.put({ ...SOURCE, id: 'crs-valkey' }, '7.0');
    under.cloud.change('crs-valkey', { engine: 'other' });
    expect(await under.service.list()).toMatchObject([
      {
        id: SOURCE.id,
        kind: '2.8 standard',
        upgradesTo: ['4.0 standard', '4.0 cluster'],
        upgradeId: started.value.id,
      },
      { id: TARGET.id, kind: '4.0 standard', upgradesTo: ['4.0 cluster'], upgradeId: started.value.id },
    ]);
  });
});
