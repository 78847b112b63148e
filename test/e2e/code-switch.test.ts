import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { people } from '../../src/sandbox/slack/seed.ts';
import type { World } from '../../src/sandbox/world/world.ts';
import { answered, ask, begin, callsOf, click, type Followed, startStage } from './stage.ts';

const secret = 'a-secret-of-the-configuration';
const longWatch = '60';
const deadlineMs = 20_000;

let world: World | undefined;
let webhook: Server | undefined;
const clients: Redis[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  webhook?.close();
  webhook = undefined;
  await world?.close();
  world = undefined;
});

const noticeSchema = z.object({
  upgradeId: z.string(),
  event: z.string(),
  instance: z.string(),
  address: z.string(),
});

interface Told {
  notice: z.infer<typeof noticeSchema>;
  genuine: boolean;
  delivery: string;
}

/** The team's configuration: checks signatures, fails the first time, then takes every notice. */
async function startWebhook(told: Told[]): Promise<string> {
  let refusals = 1;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
      told.push({
        notice: noticeSchema.parse(JSON.parse(body.toString())),
        genuine: request.headers['x-redis-upgrade-signature'] === expected,
        delivery: String(request.headers['x-redis-upgrade-delivery']),
      });
      refusals -= 1;
      response.writeHead(refusals >= 0 ? 503 : 204).end();
    });
  });
  webhook = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/configuration`;
}

async function connect(
  stage: World,
  address: { ip: string; port: number },
  to: World['source'],
): Promise<Redis> {
  const { password } = await stage.innerEndpoint(to);
  const client = new Redis({
    host: address.ip,
    port: address.port,
    ...(password === undefined ? {} : { password }),
    maxRetriesPerRequest: 1,
  });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

async function approved(stage: World): Promise<Followed> {
  const answer = await ask(
    stage,
    people.requester,
    `/redis-upgrade plan ${stage.source.id} ${stage.target.id} --switch code`,
  );
  expect(answer).toContain('Hand out the new address');
  const upgrade = await begin(stage, { how: 'code' });
  const message = await upgrade.request();
  await click(stage, people.approver, { message, actionId: 'approve_cutover' });
  return upgrade;
}

test('a code switch moves no address, tells the configuration, and ends when nobody is left on the source', async () => {
  const told: Told[] = [];
  const url = await startWebhook(told);
  const stage = await startStage({
    botSettings: { REDIS_UPGRADE_WEBHOOK_URL: url, REDIS_UPGRADE_WEBHOOK_SECRET: secret },
  });
  world = stage;
  const oldAddress = { ...stage.address };
  const upgrade = await approved(stage);
  await upgrade.until('step_succeeded', 'probe');

  // The first delivery was refused, so it came again under the same name.
  expect(told.length).toBeGreaterThan(1);
  expect(told.every(({ genuine }) => genuine)).toBe(true);
  expect(new Set(told.map(({ delivery }) => delivery))).toEqual(new Set([`${upgrade.id}:switched`]));
  const last = told.at(-1)?.notice;
  expect(last).toMatchObject({ event: 'switched', instance: stage.target.id });
  expect(last?.address).not.toBe(`${oldAddress.ip}:${oldAddress.port}`);

  // Who has not changed reads on and is refused, never lost; who has changed writes.
  const [ip = '', port = ''] = last?.address.split(':') ?? [];
  const stayed = await connect(stage, oldAddress, stage.source);
  await expect(stayed.set('late', '1')).rejects.toThrow(/READONLY|read.?only/iu);
  expect(await stayed.get('late')).toBeNull();
  const moved = await connect(stage, { ip, port: Number(port) }, stage.target);
  expect(await moved.set('new', '1')).toBe('OK');
  expect(upgrade.lines.some(({ type }) => type === 'ended')).toBe(false);

  stayed.disconnect();
  await stage.traffic.stop();
  expect(await upgrade.ended()).toBe('completed');
  const moves = callsOf(stage, 'ModifyNetworkConfig').filter(({ parameters }) =>
    JSON.stringify(parameters).includes('changeVip'),
  );
  expect(moves).toEqual([]);
  expect(stage.source.address).toEqual(oldAddress);
}, 120_000);

test('a fast rollback of a code switch opens the source again and hands its address back', async () => {
  const told: Told[] = [];
  const url = await startWebhook(told);
  const stage = await startStage({
    botSettings: {
      REDIS_UPGRADE_WEBHOOK_URL: url,
      REDIS_UPGRADE_WEBHOOK_SECRET: secret,
      REDIS_UPGRADE_SOAK_SECONDS: longWatch,
    },
  });
  world = stage;
  const upgrade = await approved(stage);
  await upgrade.until('step_succeeded', 'probe');
  const said = await answered(stage, people.requester, () =>
    stage.slack.command({
      user: people.requester,
      channel: 'C0REDISOPS1',
      text: `/redis-upgrade rollback ${upgrade.id} --fast`,
    }),
  );
  expect(said).toContain(upgrade.id);
  await upgrade.until('rollback_approval_requested');
  const message = await stage.slack.waitForMessage(
    ({ blocks, text }) =>
      JSON.stringify(blocks ?? []).includes('"approve_cutover"') && /rolled? ?back/iu.test(text),
    deadlineMs,
  );
  await click(stage, people.approver, { message, actionId: 'approve_cutover' });
  expect(await upgrade.ended()).toBe('rolled_back');
  expect(told.at(-1)?.notice).toMatchObject({
    event: 'rolled_back',
    instance: stage.source.id,
    address: `${stage.address.ip}:${stage.address.port}`,
  });
  const client = await connect(stage, stage.address, stage.source);
  expect(await client.set('back', '1')).toBe('OK');
}, 120_000);
