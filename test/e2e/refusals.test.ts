import { createHmac } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { people } from '../../src/sandbox/slack/seed.ts';
import type { World } from '../../src/sandbox/world/world.ts';
import {
  ask,
  begin,
  callsOf,
  click,
  credentialsFile,
  emptyTarget,
  fencingCalls,
  lostWrites,
  startStage,
  withBot,
} from './stage.ts';

let world: World;

beforeAll(async () => {
  world = await startStage();
});

afterAll(async () => {
  await world?.close();
});

/** Whatever is refused: clients stay where they are, and nothing was bought, moved or closed. */
afterEach(() => {
  expect(world.holder()?.id).toBe(world.source.id);
  expect(fencingCalls(world)).toEqual([]);
});

function start(source: string, target: string): Promise<string> {
  return ask(world, people.requester, `/redis-upgrade start ${source} ${target}`);
}

describe('start is refused, with the reason, for', () => {
  test.each([
    {
      what: 'an unknown source',
      pair: ['crs-nosuch01', 'crs-orders40'],
      reason: 'There is no instance crs-nosuch01',
    },
    {
      what: 'an unknown target',
      pair: ['crs-orders28', 'crs-nosuch01'],
      reason: 'There is no instance crs-nosuch01',
    },
    {
      what: 'the same instance twice',
      pair: ['crs-orders28', 'crs-orders28'],
      reason: 'are the same instance (crs-orders28)',
    },
    { what: 'a pair that is no upgrade', pair: ['crs-sessio40', 'crs-orders40'], reason: '4.0 cluster' },
    { what: 'a step down', pair: ['crs-orders40', 'crs-orders28'], reason: 'would be a downgrade' },
    { what: 'a cluster made standard', pair: ['crs-ordersc4', 'crs-orders40'], reason: '4.0 cluster' },
    {
      what: 'a source that is not running',
      pair: ['crs-isolated', 'crs-orders40'],
      reason: 'crs-isolated is not running',
    },
    {
      what: 'a target that is not running',
      pair: ['crs-orders28', 'crs-newborn1'],
      reason: 'crs-newborn1 is not running',
    },
    {
      what: 'a target in another region',
      pair: ['crs-orders28', 'crs-seacrt40'],
      reason: 'crs-seacrt40 is in ap-singapore',
    },
    {
      what: 'a target in another zone',
      pair: ['crs-orders28', 'crs-cachez4a'],
      reason: 'crs-cachez4a is in another zone',
    },
    {
      what: 'a target that is too small',
      pair: ['crs-orders28', 'crs-tinytiny'],
      reason: 'crs-tinytiny is too small: 1 MB',
    },
  ] as const)('$what', async ({ pair: [source, target], reason }) => {
    const instance = world.cloud.instances.get(target);
    if (instance?.status === 2) await instance.start();
    const bought = callsOf(world, 'CreateMigrationService').length;

    const answer = await start(source, target);

    expect(answer).toContain(reason);
    expect(answer).not.toContain('has begun');
    expect(callsOf(world, 'CreateMigrationService')).toHaveLength(bought);
    expect(await ask(world, people.requester, '/redis-upgrade status')).toContain(
      'There has been no upgrade yet',
    );
  });

  test('a target that is not empty', async () => {
    const redis = new Redis(await world.innerEndpoint(world.target));
    await redis.set('left-over', '1');
    try {
      expect(await start('crs-orders28', 'crs-orders40')).toContain(
        'crs-orders40 is not empty: it holds 1 key',
      );
    } finally {
      await redis.flushall();
      redis.disconnect();
    }
  });

  test('an instance without credentials, and one with a wrong password, which is never repeated', async () => {
    const wrong = { [world.source.id]: 'not-the-password-1', 'crs-ordersc4': 'not-the-password-2' };
    await withBot(world, await credentialsFile(world, wrong), async () => {
      const missing = 'There are no credentials for the target crs-orders40';
      const refused = 'The source crs-orders28 refuses the password';
      for (const answer of [
        await start('crs-orders28', 'crs-orders40'),
        await ask(world, people.requester, '/redis-upgrade plan crs-orders28 crs-orders40'),
      ]) {
        expect(answer).toContain(missing);
        expect(answer).toContain(refused);
        expect(answer).not.toContain('not-the-password');
      }
      await world.cloud.instances.get('crs-ordersc4')?.start();
      const both = await start('crs-orders28', 'crs-ordersc4');
      expect(both).toContain('The target crs-ordersc4 refuses the password');
      expect(both).not.toContain('not-the-password');
    });
  });
});

describe('a command that cannot be obeyed is answered with the right form:', () => {
  test.each([
    ['/redis-upgrade', 'I upgrade TencentDB for Redis instances'],
    ['/redis-upgrade frobnicate', 'There is no "frobnicate"'],
    ['/redis-upgrade strat crs-orders28 crs-orders40', 'Did you mean "/redis-upgrade start'],
    [
      '/redis-upgrade start',
      '"start" needs a source and a target. The form is: /redis-upgrade start SOURCE TARGET',
    ],
    ['/redis-upgrade start crs-orders28', '"start" needs a target'],
    ['/redis-upgrade start crs-orders28 crs-orders40 now', 'I do not know what to do with "now"'],
    ['/redis-upgrade start crs-orders28 crs-orders40 --force', 'There is no option "--force"'],
    ['/redis-upgrade start crs-orders28 crs-orders40 --switch', '"--switch" is followed by'],
    ['/redis-upgrade start @sam crs-orders40', 'A mention is not the id of an instance'],
    ['/redis-upgrade start crs-a;DROP crs-orders40', 'is not the id of an instance'],
    ['/redis-upgrade status up-nope', '"up-nope" is not the id of an upgrade'],
    ['/redis-upgrade status up-00000000', 'There is no upgrade up-00000000'],
    ['/redis-upgrade abort', '"abort" needs the id of an upgrade'],
    ['/redis-upgrade abort up-00000000', 'There is no upgrade up-00000000'],
    ['/redis-upgrade finish up-00000000', 'There is no upgrade up-00000000'],
  ])('%s', async (typed, form) => {
    expect(await ask(world, people.requester, typed)).toContain(form);
  });

  test('one that is far too long', async () => {
    const answer = await ask(world, people.requester, `/redis-upgrade ${'x'.repeat(2_500)}`);
    expect(answer).toContain('longer than 2000 characters');
  });
});

describe('a request that Slack did not sign is refused and has no effect:', () => {
  const body = new URLSearchParams({
    command: '/redis-upgrade',
    text: 'start crs-orders28 crs-orders40',
    user_id: people.requester,
    team_id: 'T0SANDBOX01',
    channel_id: 'C0REDISOPS1',
    trigger_id: '1.2.3',
    response_url: 'http://127.0.0.1:9/',
  }).toString();

  async function post(headers: Record<string, string>): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${world.botEnvironment['PORT']}/slack/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body,
    });
    await answer.text();
    return answer.status;
  }

  function signed(secret: string, ageSeconds: number): Record<string, string> {
    const timestamp = String(Math.floor(Date.now() / 1000) - ageSeconds);
    const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
    return { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${signature}` };
  }

  test.each([
    ['no signature at all', () => ({})],
    ['a signature by another secret', () => signed('guessed', 0)],
    ['a right signature of ten minutes ago', () => signed(world.slack.signingSecret, 600)],
  ])('%s', async (_what, headers) => {
    expect(await post(headers())).toBe(401);
    expect(await ask(world, people.requester, '/redis-upgrade status')).toContain(
      'There has been no upgrade yet',
    );
  });
});

test('an instance that is in an upgrade already is refused with the name of that upgrade', async () => {
  const upgrade = await begin(world);
  const busy = `is part of upgrade ${upgrade.id}`;
  expect(await start('crs-orders28', 'crs-ordersc4')).toContain(`crs-orders28 ${busy}`);
  expect(await start('crs-seacrt28', 'crs-orders40')).toContain(`crs-orders40 ${busy}`);
  expect(await start('crs-orders28', 'crs-orders40')).toContain(busy);
  await ask(world, people.requester, `/redis-upgrade abort ${upgrade.id}`);
  expect(await upgrade.ended()).toBe('rolled_back');
  await emptyTarget(world);
});

test('with no approvers configured nobody may approve, and everybody is told so', async () => {
  await withBot(world, { REDIS_UPGRADE_APPROVERS: '' }, async () => {
    const upgrade = await begin(world);
    const request = await upgrade.request();
    for (const user of [people.approver, people.stranger]) {
      const answer = await click(world, user, { message: request, actionId: 'approve_cutover' });
      expect(answer).toContain('REDIS_UPGRADE_APPROVERS');
    }
    expect(upgrade.lines.map(({ type }) => type)).not.toContain('approval_given');
    await ask(world, people.requester, `/redis-upgrade abort ${upgrade.id}`);
    expect(await upgrade.ended()).toBe('rolled_back');
  });
  await emptyTarget(world);
});

test('after all of this no write is lost', async () => {
  expect(await lostWrites(world)).toBe(0);
  expect(world.traffic.figures()?.refusedWrites).toBe(0);
});
