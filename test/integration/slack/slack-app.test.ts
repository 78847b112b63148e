import { afterEach, describe, expect, it } from 'vitest';
import { people } from '../../../src/sandbox/slack/seed.ts';
import { createSlackApp } from '../../../src/slack/slack-app.ts';
import { silentLogger } from '../../unit/slack/fake-slack.ts';
import { CHANNEL, DEADLINE_MS, type Mode, type SlackWorld, startWorld, until } from './slack-world.ts';

let world: SlackWorld;

afterEach(() => world.stop());

async function helps(): Promise<boolean> {
  const already = world.slack.ephemerals(people.requester).length;
  const outcome = await world.slack.command({
    user: people.requester,
    channel: CHANNEL,
    text: '/redis-upgrade help',
  });
  if (!outcome.ok) return false;
  await world.slack.waitForEphemeral(
    people.requester,
    (one) => world.slack.ephemerals(people.requester).indexOf(one) >= already,
    DEADLINE_MS,
  );
  return true;
}

describe.each<Mode>(['http', 'socket'])('the port, in %s mode', (mode) => {
  it('serves the routes, an error of one as 500, and 404 for the rest', async () => {
    world = await startWorld(mode);
    const get = async (path: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${world.port}${path}`)).status;
    expect(await get('/healthz?verbose=1')).toBe(200);
    expect(await get('/broken')).toBe(500);
    expect(await get('/slack/events')).toBe(404);
    expect(await get('/nothing')).toBe(404);
  });

  it('is free again after stop, which waits for what is being worked on', async () => {
    world = await startWorld(mode);
    let release = (): void => undefined;
    const begun = new Promise<void>((isBegun) => {
      world.service.list = async () => {
        isBegun();
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return [];
      };
    });
    await world.slack.command({ user: people.requester, channel: CHANNEL, text: '/redis-upgrade list' });
    await begun;
    let stopped = false;
    const stopping = world.app.stop().then(() => {
      stopped = true;
    });
    await until(() => (world.app.isReceiving() ? undefined : true), 'it stops receiving');
    expect(stopped).toBe(false);
    release();
    await stopping;
    expect(JSON.stringify(world.slack.ephemerals(people.requester))).toContain('I see no instances');
    await expect(fetch(`http://127.0.0.1:${world.port}/healthz`)).rejects.toThrow();
  });

  it('opens although Slack is down, and requests come in once Slack is back', async () => {
    world = await startWorld(mode);
    await world.app.stop();
    const end = world.slack.outage();
    const { slack, service } = world;
    const app = await createSlackApp({
      botToken: slack.botToken,
      ...(mode === 'http' ? { signingSecret: slack.signingSecret } : { appToken: slack.appToken }),
      apiUrl: slack.apiUrl,
      port: 0,
      host: '127.0.0.1',
      service,
      approvers: [],
      clock: { now: () => Date.now() },
      logger: silentLogger,
      routes: [],
    });
    const { port } = await app.start();
    world = { ...world, app, port };
    if (mode === 'http') slack.setAppUrl(`http://127.0.0.1:${port}/slack/events`);
    expect(app.isReceiving()).toBe(mode === 'http');
    end();
    await until(() => (app.isReceiving() ? true : undefined), 'it receives');
    expect(await helps()).toBe(true);
  });

  it('does not open when Slack refuses the token, and says which setting to check', async () => {
    world = await startWorld(mode);
    const { slack, service } = world;
    const app = await createSlackApp({
      botToken: 'xoxb-wrong',
      ...(mode === 'http' ? { signingSecret: slack.signingSecret } : { appToken: slack.appToken }),
      apiUrl: slack.apiUrl,
      port: 0,
      host: '127.0.0.1',
      service,
      approvers: [],
      clock: { now: () => Date.now() },
      logger: silentLogger,
      routes: [],
    });
    await expect(app.start()).rejects.toThrow('SLACK_BOT_TOKEN');
  });
});

describe('HTTP mode', () => {
  it('refuses what Slack has not signed', async () => {
    world = await startWorld('http');
    const answer = await fetch(`http://127.0.0.1:${world.port}/slack/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'command=/redis-upgrade&text=help&user_id=U1&team_id=T1&channel_id=C1',
    });
    expect(answer.status).toBe(401);
  });

  it('does not begin without a way in', async () => {
    world = await startWorld('http');
    const { service, slack } = world;
    await expect(
      createSlackApp({
        botToken: slack.botToken,
        apiUrl: slack.apiUrl,
        port: 0,
        service,
        approvers: [],
        clock: { now: () => 0 },
        logger: silentLogger,
        routes: [],
      }),
    ).rejects.toThrow('SLACK_SIGNING_SECRET');
  });
});

describe('Socket Mode', () => {
  it('is back at once when Slack recycles the connection', async () => {
    world = await startWorld('socket');
    for (let round = 0; round < 2; round += 1) {
      world.slack.refreshSockets();
      await until(
        () => (world.slack.socketConnections() === 0 ? true : undefined),
        'the old connection is gone',
      );
      const from = Date.now();
      await until(
        () => (world.slack.socketConnections() === 1 && world.app.isReceiving() ? true : undefined),
        'a new one',
      );
      expect(Date.now() - from).toBeLessThan(2_000);
      expect(await helps()).toBe(true);
    }
  });

  it('survives an outage and comes back after it', async () => {
    world = await startWorld('socket');
    const end = world.slack.outage();
    await until(() => (world.app.isReceiving() ? undefined : true), 'the loss is noticed');
    await until(
      () =>
        world.slack.apiCalls.filter((call) => call.method === 'apps.connections.open').length >= 2
          ? true
          : undefined,
      'it tries again',
    );
    end();
    await until(() => (world.app.isReceiving() ? true : undefined), 'it is back');
    expect(await helps()).toBe(true);
  });
});
