import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openConnection } from '../../../src/compare/wire/redis-connection.ts';
import { findRedisServer } from '../../../src/sandbox/redis-server/find-redis-server.ts';
import {
  launchRedisServer,
  type RunningRedisServer,
} from '../../../src/sandbox/redis-server/launch-redis-server.ts';
import { freePort } from '../../../src/sandbox/world/free-port.ts';
import { createRedisAccess } from '../../../src/steps/redis-access.ts';
import { createSoak } from '../../../src/steps/soak.ts';
import type { StepDeps } from '../../../src/steps/step-deps.ts';
import type { StepDefinition } from '../../../src/upgrade/step-definition.ts';
import { FakeCloud } from '../../unit/steps/fake-cloud.ts';
import { Bench, depsOver, SETTINGS } from '../../unit/steps/run-step.ts';
import { OLD_ADDRESS, SOURCE, TARGET } from '../../unit/upgrade/samples.ts';

/** Nobody listens there: a replica of it refuses every write. */
const NO_MASTER = ['127.0.0.1', '1'];
const BACK = '127.56.0.1';
const NOT_BACK = '127.56.0.2';
const FORGOTTEN = '127.56.0.3';

let directory: string;
const servers: RunningRedisServer[] = [];
const ports: Record<string, number> = {};
let clients: Socket[] = [];
let cloud: FakeCloud;
let bench: Bench;
let deps: StepDeps;
let step: StepDefinition;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'redis-upgrade-soak-'));
  const binary = await findRedisServer({ env: process.env });
  for (const { id } of [SOURCE, TARGET]) {
    const port = await freePort();
    ports[id] = port;
    const settings = { 'protected-mode': 'no' };
    servers.push(
      await launchRedisServer({ binary, directory: join(directory, id), listen: { port }, settings }),
    );
  }
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(directory, { recursive: true });
});
beforeEach(async () => {
  cloud = new FakeCloud();
  cloud.change(TARGET.id, { address: OLD_ADDRESS });
  const access = createRedisAccess(new Map(), SETTINGS, (endpoint, limits) =>
    openConnection({ ...endpoint, host: '127.0.0.1' }, limits),
  );
  deps = depsOver(cloud, {
    access: {
      ...access,
      use: (instance, work) =>
        access.use({ id: instance.id, address: { ip: '127.0.0.1', port: ports[instance.id] ?? 0 } }, work),
    },
  });
  step = createSoak(deps);
  await onSource('REPLICAOF', ...NO_MASTER);
  bench = new Bench('soak');
  const gates = bench.state.steps['check-gates'];
  gates.note = {
    before: { clients: { ips: [BACK, NOT_BACK], more: 0 }, health: { commandsPerSecond: 100 } },
  };
  bench.state.steps['fence-source'].output = { writes: await executedWrites() };
});
afterEach(async () => {
  const closed = clients.map((client) => new Promise((resolve) => client.once('close', resolve)));
  const open = clients.filter((client) => !client.destroyed);
  for (const client of open) client.destroy();
  await Promise.all(closed.filter((_, index) => open.includes(clients[index] as Socket)));
  clients = [];
});

async function onSource(...command: string[]): Promise<unknown> {
  const connection = await openConnection(
    { host: '127.0.0.1', port: ports[SOURCE.id] ?? 0 },
    { connectTimeoutMs: 5_000, commandTimeoutMs: 5_000 },
  );
  try {
    return await connection.command(...command);
  } finally {
    connection.close();
  }
}

async function executedWrites(): Promise<number> {
  const text = String(await onSource('INFO', 'commandstats'));
  return (
    Number(/cmdstat_set:calls=(\d+)/.exec(text)?.[1] ?? 0) +
    Number(/cmdstat_del:calls=(\d+)/.exec(text)?.[1] ?? 0)
  );
}

/** A client of an instance; resolves with what its command was answered. */
async function client(
  id: string,
  localAddress: string,
  line = 'PING',
): Promise<{ socket: Socket; answer: string }> {
  const socket = connect({ host: '127.0.0.1', port: ports[id] ?? 0, localAddress });
  clients.push(socket);
  socket.on('error', () => undefined);
  socket.write(`${line}\r\n`);
  const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
  return { socket, answer };
}

const said = () => bench.state.steps.soak.note['said'];

describe('the watch over two real servers', () => {
  it('ends the forgotten connection, tells it once, tells that it came back, and sums up', async () => {
    await client(TARGET.id, BACK);
    const forgotten = await client(SOURCE.id, FORGOTTEN, 'SET lost 1');
    expect(forgotten.answer).toMatch(/^-READONLY/);
    const ended = new Promise<void>((resolve) => forgotten.socket.once('close', () => resolve()));

    expect(await bench.run(step)).toEqual({ kind: 'again', afterMs: SETTINGS.soakPollMs });
    await ended;
    expect(said()).toMatch(
      /^Left-over connections on crs-source at 10\.0\.0\.99:6379 were ended, from 127\.56\.0\.3 \(last command set\)/,
    );
    const told = bench.state.length;
    await bench.run(step);
    expect(bench.state.length).toBe(told);

    await client(SOURCE.id, FORGOTTEN);
    await bench.run(step);
    expect(said()).toMatch(/^Rogue clients: 127\.56\.0\.3/);

    bench.nowMs += SETTINGS.soakMs;
    const end = await bench.run(step);
    expect(end).toMatchObject({
      kind: 'succeeded',
      output: {
        sourceWrites: 0,
        sourceConnections: 0,
        sourceGate: 'closed',
        strangers: [{ ip: FORGOTTEN, cameBack: true }],
        clientAddresses: 2,
        clientsNotBack: [NOT_BACK],
        healthBefore: { commandsPerSecond: 100 },
      },
    });
    const summary = end.kind === 'succeeded' ? String(end.output['summary']) : '';
    expect(summary).toContain('is read-only; no client is connected to it, no write command ran on it');
    expect(summary).toContain(`Not back: 1 of 2 client addresses of before: ${NOT_BACK}.`);
    expect(summary).toContain('before the cutover: 100 commands/s; since: nothing.');
  });

  it('remembers a client that was on the target only for a while', async () => {
    const { socket } = await client(TARGET.id, NOT_BACK);
    await bench.run(step);
    const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.destroy();
    await gone;
    await client(TARGET.id, BACK);
    bench.append({ type: 'finish_requested' });
    expect(await bench.run(step)).toMatchObject({ kind: 'succeeded', output: { clientsNotBack: [] } });
  });

  it('tells urgently when somebody made the source writable, counts what others wrote and not its own try', async () => {
    await bench.run(step);
    await onSource('REPLICAOF', 'NO', 'ONE');
    const { answer } = await client(SOURCE.id, FORGOTTEN, 'SET lost 1');
    expect(answer).toBe('+OK\r\n');
    await bench.run(step);
    expect(said()).toContain('crs-source at 10.0.0.99:6379 takes writes again');
    expect(said()).toContain('Rogue writes: 1 write command ran on crs-source after the cutover');
    expect(said()).toContain('Last seen writing: 127.56.0.3 (last command set)');
    expect(bench.state.steps.soak.note['urgent']).toBe(true);
    bench.append({ type: 'finish_requested' });
    expect(await bench.run(step)).toMatchObject({ output: { sourceWrites: 1, sourceGate: 'open' } });
  });

  it('goes on when the source cannot be reached, and says so', async () => {
    const { use } = deps.access;
    const access = {
      ...deps.access,
      use: ((instance, work) =>
        use(instance.id === SOURCE.id ? { ...instance, id: 'nobody' } : instance, work)) as typeof use,
    };
    bench.append({ type: 'finish_requested' });
    const end = await bench.run(createSoak({ ...deps, access }));
    expect(end.kind).toBe('succeeded');
    expect(end.kind === 'succeeded' && end.output['summary']).toContain('cannot be looked at');
  });

  it('fails only when the old address is not on the target any more', async () => {
    cloud.change(TARGET.id, { address: { ip: '10.0.0.50', port: 6379 } });
    expect(await bench.run(step)).toMatchObject({ kind: 'failed', error: { code: 'address_moved' } });
  });
});
