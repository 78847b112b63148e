import { spawn } from 'node:child_process';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { approverGroup, people } from '../../src/sandbox/slack/seed.ts';
import type { World } from '../../src/sandbox/world/world.ts';
import { begin, emptyTarget, type Followed, lostWrites, startStage } from './stage.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const osUser = userInfo().username;
const unknownUpgrade = 'up-00000000';

let world: World;

beforeAll(async () => {
  world = await startStage({
    botSettings: { REDIS_UPGRADE_APPROVERS: `${approverGroup},${people.approver}` },
  });
});

afterAll(async () => {
  await world?.close();
});

interface Said {
  exit: number | null;
  out: string;
  err: string;
}

/** Types a command as an operator on the bot's machine does: the store's and the cloud's variables, and nothing of Slack. */
async function type(
  words: string,
  options: { stdin?: string; change?: Record<string, string> } = {},
): Promise<Said> {
  const own = Object.entries({ ...world.botEnvironment, ...options.change }).filter(
    ([name, value]) => !/^(SLACK_|PORT$|HOST$)/u.test(name) && value !== '',
  );
  const child = spawn(process.execPath, ['dist/cli.js', ...words.split(' ')], {
    cwd: root,
    env: { PATH: process.env['PATH'], ...Object.fromEntries(own) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const said: Said = { exit: null, out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  child.stdin.end(options.stdin ?? '');
  said.exit = await new Promise((resolve) => child.once('close', resolve));
  return said;
}

const eventSchema = z.looseObject({ type: z.string() });

async function eventsOf(id: string): Promise<z.infer<typeof eventSchema>[]> {
  const { exit, out } = await type(`journal ${id} --json`);
  expect(exit).toBe(0);
  return z.array(eventSchema).parse(JSON.parse(out));
}

const atTerminal = { kind: 'person', via: 'terminal', id: people.approver, osUser };

describe('while Slack is down', () => {
  let upgrade: Followed;
  let slackIsBack: () => void;

  beforeEach(async () => {
    await emptyTarget(world);
    upgrade = await begin(world);
    slackIsBack = world.slack.faults.add({ method: '*', kind: 'hang' });
    await upgrade.until('approval_requested');
    return () => slackIsBack();
  });

  test('an abort at the terminal ends the wait for an approval, and the journal says who and from which account', async () => {
    const said = await type(`abort ${upgrade.id} not tonight --as ${people.stranger}`);
    expect(said).toMatchObject({ exit: 0, err: '' });
    expect(said.out).toContain(
      `aborted by ${people.stranger} at the terminal (operating-system user ${osUser})`,
    );
    expect(said.out).toContain('1 bot process is connected');
    expect(await upgrade.ended()).toBe('rolled_back');
    const aborted = (await eventsOf(upgrade.id)).find((event) => event.type === 'abort_requested');
    expect(aborted).toMatchObject({ reason: 'not tonight', actor: { ...atTerminal, id: people.stranger } });
    expect(world.holder()?.id).toBe(world.source.id);
    const after = await type(`status ${upgrade.id}`);
    expect(after.out).toMatch(/^status +rolled back/mu);
    expect(after.out).toMatch(/^next +nothing: it has ended/mu);
    expect(await type(`abort ${upgrade.id} --as ${people.stranger}`)).toEqual({
      exit: 1,
      out: '',
      err: `Upgrade ${upgrade.id} has ended already; there is nothing to abort.\n`,
    });
  });

  test('with no bot left a decision is kept, and the terminal itself performs what follows from it', async () => {
    await world.bot.stop();
    try {
      const said = await type(`reject ${upgrade.id} no bot --as ${people.approver}`);
      expect(said).toMatchObject({ exit: 0, err: '' });
      expect(said.out).toContain('NO bot process is connected to the store');
      const work = `work --until-ended ${upgrade.id}`;
      expect(said.out).toContain(`node dist/cli.js ${work}`);
      const worked = await type(work);
      expect(worked.exit).toBe(0);
      expect(worked.out).toContain(`${upgrade.id} has ended: rolled back.`);
      expect(await upgrade.ended()).toBe('rolled_back');
      expect(world.holder()?.id).toBe(world.source.id);
    } finally {
      slackIsBack();
      await world.bot.start();
    }
  });

  test('an approval at the terminal is refused to the wrong people and the wrong words, and then completes the upgrade', async () => {
    const { id } = upgrade;
    const length = upgrade.lines.length;
    const source = world.source.id;
    const waiting = await type(`status ${id}`);
    expect(waiting.exit).toBe(0);
    expect(waiting.out).toMatch(/^status +waiting for approval/mu);
    expect(waiting.out).toContain(
      `${world.address.ip}:${world.address.port} is held by ${source}, the source`,
    );
    expect(waiting.out).toContain(`node dist/cli.js approve ${id} --as WHO`);

    const requester = await type(`approve ${id} --as ${people.requester} --confirm ${source}`, {
      change: { REDIS_UPGRADE_APPROVERS: `${people.requester},${people.approver}` },
    });
    expect(requester).toMatchObject({ exit: 1 });
    expect(requester.err).toContain('You asked for this upgrade, so somebody else has to approve it');
    const ofGroup = await type(`approve ${id} --as ${people.secondApprover} --confirm ${source}`);
    expect(ofGroup).toMatchObject({ exit: 1 });
    expect(ofGroup.err).toContain(`(${approverGroup}) cannot be read while Slack is down`);
    for (const stdin of ['yes\n', `${world.target.id}\n`, ''])
      expect(await type(`approve ${id} --as ${people.approver}`, { stdin })).toMatchObject({
        exit: 1,
        err: expect.stringContaining('Nothing was approved and nothing has changed'),
      });
    const several = await type('approve UPGRADE --as bob --force');
    expect(several.exit).toBe(2);
    for (const words of ['"UPGRADE" is not the id', '"BOB" is not a Slack user id', 'has no "--force"'])
      expect(several.err).toContain(words);
    expect(upgrade.lines).toHaveLength(length);

    const said = await type(`approve ${id} --as ${people.approver}`, { stdin: `${source}\n` });
    expect(said).toMatchObject({ exit: 0, err: '' });
    expect(await upgrade.ended()).toBe('completed');
    const given = (await eventsOf(id)).find((event) => event.type === 'approval_given');
    expect(given).toMatchObject({ actor: atTerminal });
    expect(said.out).toMatch(new RegExp(`^ +digest +${String(given?.['digest'])}$`, 'mu'));
    expect(world.holder()?.id).toBe(world.target.id);
    const after = await type(`status ${id}`);
    expect(after.out).toContain(`is held by ${world.target.id}, the target`);
    const late = await type(`approve ${id} --as ${people.approver}`);
    expect(late.err).toContain(
      `This request was approved by ${people.approver} at the terminal (operating-system user ${osUser}) already.`,
    );

    slackIsBack();
    const shown = await world.slack.waitForMessage(
      ({ text }) => text.includes(`(operating-system user ${osUser}) approved the cutover`),
      40_000,
    );
    expect(shown.text).toContain(`${people.approver} at the terminal`);
    expect(await lostWrites(world)).toBe(0);
  });
});

test('an upgrade that there is not, a store that is down, and a configuration with holes are each said clearly', async () => {
  expect(await type(`status ${unknownUpgrade}`)).toEqual({
    exit: 1,
    out: '',
    err: `There is no upgrade ${unknownUpgrade}. See node dist/cli.js status for those there are.\n`,
  });
  const down = await type(`abort ${unknownUpgrade} --as ${people.approver}`, {
    change: { REDIS_URL: 'redis://:hunter2@127.0.0.1:1' },
  });
  expect(down).toMatchObject({ exit: 3, out: '' });
  expect(down.err).toContain('The store at 127.0.0.1:1 did not answer: connect ECONNREFUSED');
  expect(down.err).not.toContain('hunter2');
  const cloudless = await type('list', { change: { TENCENTCLOUD_SECRET_KEY: 'wrong-secret-key' } });
  expect(cloudless).toMatchObject({ exit: 3, out: '' });
  expect(cloudless.err).not.toContain('wrong-secret-key');
  const bare = await type('status', { change: { TENCENTCLOUD_SECRET_ID: '', TENCENTCLOUD_REGION: '' } });
  expect(bare).toMatchObject({ exit: 2, out: '' });
  expect(bare.err).toContain('TENCENTCLOUD_SECRET_ID');
  expect(bare.err).toContain('TENCENTCLOUD_REGION');
  const listed = await type('list');
  expect(listed).toMatchObject({ exit: 0, err: '' });
  expect(listed.out).toContain(world.source.id);
});
