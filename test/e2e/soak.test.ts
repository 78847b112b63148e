import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { SlackMessage } from '../../src/sandbox/slack/message.ts';
import { people, places } from '../../src/sandbox/slack/seed.ts';
import type { World } from '../../src/sandbox/world/world.ts';
import { ask, begin, click, finishedThread, lostWrites, startStage } from './stage.ts';
import { wordsOf } from './words.ts';

/** Longer than the test needs: it ends the watch itself. */
const longWatch = { REDIS_UPGRADE_SOAK_SECONDS: '60' };
const deadlineMs = 20_000;
const retryMs = 5;
/** Clients with addresses of their own, so that the bot can tell them from the traffic, which comes from 127.0.0.1. */
const lateRiser = '127.77.0.1';
const forgotten = '127.77.0.2';

let world: World | undefined;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await world?.close();
  world = undefined;
});

interface Client {
  /** What a command is answered, in the protocol's own form. */
  say(line: string): Promise<string>;
  closed: Promise<void>;
}

/** A client that knows the source's password; undefined when nobody listens there yet. */
async function connectTo(
  stage: World,
  address: { ip: string; port: number },
  localAddress: string,
): Promise<Client | undefined> {
  const socket = connect({ host: address.ip, port: address.port, localAddress });
  sockets.push(socket);
  const connected = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  if (!connected) return undefined;
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const say = (line: string) =>
    new Promise<string>((resolve, reject) => {
      socket.once('data', (data) => resolve(data.toString().trim()));
      void closed.then(() => reject(new Error('The connection was closed')));
      socket.write(`${line}\r\n`);
    });
  const { password } = await stage.innerEndpoint(stage.source);
  if (password !== undefined) await say(`AUTH ${password}`);
  return { say, closed };
}

/** Connects as soon as somebody listens there: no sooner has the source moved than somebody has found it. */
async function connectAtOnce(
  stage: World,
  address: { ip: string; port: number },
  localAddress: string,
): Promise<Client> {
  const deadline = performance.now() + deadlineMs;
  while (performance.now() < deadline) {
    const client = await connectTo(stage, address, localAddress);
    if (client !== undefined) return client;
    await delay(retryMs);
  }
  throw new Error(`Nobody listens at ${address.ip}:${address.port}`);
}

async function saidInThread(stage: World, pattern: RegExp): Promise<SlackMessage> {
  return await stage.slack.waitForMessage((message) => pattern.test(wordsOf(message)), deadlineMs);
}

test('a client that is left on the source cannot write, is told of and sent away; one that does not come back is named', async () => {
  const stage = await startStage({ botSettings: longWatch });
  world = stage;
  const { address } = stage;
  const early = await connectTo(stage, address, lateRiser);
  expect(await early?.say('PING')).toBe('+PONG');

  const upgrade = await begin(stage);
  const message = await upgrade.request();
  const asked = upgrade.lines.find(({ type }) => type === 'approval_requested');
  const { parkingAddress } = JSON.parse(JSON.stringify(asked))['facts'];
  await click(stage, people.approver, { message, actionId: 'approve_cutover' });
  const left = await connectAtOnce(stage, parkingAddress, forgotten);
  expect(await left.say('SET lost 1')).toMatch(/^-READONLY/);

  const told = await saidInThread(stage, /^Left-over connections on/);
  expect(wordsOf(told)).toContain(
    `${parkingAddress.ip}:${parkingAddress.port} were ended, from ${forgotten} (`,
  );
  expect(wordsOf(told)).toContain(`These clients have to connect to ${address.ip}:${address.port}.`);
  await left.closed;

  const again = await connectAtOnce(stage, parkingAddress, forgotten);
  expect(await again.say("EVAL \"return redis.call('SET','lost',1)\" 0")).toMatch(/^-/);
  await saidInThread(stage, new RegExp(`^Rogue clients: ${forgotten.replaceAll('.', '\\.')} `));
  await again.closed;

  expect(await ask(stage, people.requester, `/redis-upgrade finish ${upgrade.id}`)).toContain(
    'With that the way back ends.',
  );
  expect(await upgrade.ended()).toBe('completed');
  const thread = await finishedThread(stage, upgrade.id);
  const words = thread.map(wordsOf);
  const over = words.find((text) => text.startsWith('The watch is over.'));
  expect(over).toContain(
    `is read-only; no client is connected to it, no write command ran on it since the cutover.`,
  );
  expect(over).toContain('Left-over connections from 1 address were ended there, and 1 came back.');
  expect(over).toContain(`Not back: 1 of 2 client addresses of before: ${lateRiser}.`);
  expect(over).toContain("By the cloud's monitoring, before the cutover: ");
  expect(over).toContain('latency');
  const last = words.find((text) => text.startsWith('The upgrade is complete.'));
  expect(last).toContain(
    `${stage.source.id} is left at ${parkingAddress.ip}:${parkingAddress.port}, read-only, and costs until it is destroyed`,
  );
  expect(last).toContain('Not everything came back: 1 client address');
  // Each thing once, however often it was looked at.
  expect(words.filter((text) => text.startsWith('Left-over connections on'))).toHaveLength(1);
  expect(words.filter((text) => text.startsWith('Rogue clients'))).toHaveLength(1);
  expect(thread.every(({ channel }) => channel === places.redisOps)).toBe(true);
  expect(await lostWrites(stage)).toBe(0);
});
