import { tagOfSlot } from '../../../src/compare/cluster/cluster-slot.ts';
import type { RedisEndpoint } from '../../../src/compare/wire/redis-connection.ts';
import { freePort, startRedis, type TestServer, until } from './redis-servers.ts';

const SLOTS = 16_384;

/** A real cluster of masters on loopback. */
export interface TestCluster {
  readonly nodes: readonly TestServer[];
  /** Any node of it. */
  readonly endpoint: RedisEndpoint;
  /** Sends a command about this key to the node that holds it. */
  write(key: string | Buffer, ...command: (string | Buffer)[]): Promise<unknown>;
  /** Whether all nodes see all others and serve everything. */
  isSettled(): Promise<boolean>;
  stop(): Promise<void>;
}

/** Starts masters whose slots begin at these numbers, the first of them 0. */
export async function startCluster(starts: readonly number[] = [0, 5_461, 10_923]): Promise<TestCluster> {
  const nodes = await Promise.all(
    starts.map(async () =>
      startRedis(
        ...['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())],
        ...['--cluster-node-timeout', '30000', '--cluster-allow-replica-migration', 'no'],
      ),
    ),
  );
  try {
    return await join(nodes, starts);
  } catch (error) {
    await Promise.all(nodes.map((node) => node.stop()));
    throw error;
  }
}

async function join(nodes: readonly TestServer[], starts: readonly number[]): Promise<TestCluster> {
  const ports = await Promise.all(nodes.map(busPort));
  for (const [index, { client }] of nodes.entries()) {
    const end = (starts[index + 1] ?? SLOTS) - 1;
    await client.command('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    await client.command('CLUSTER', 'ADDSLOTSRANGE', String(starts[index]), String(end));
  }
  for (const [index, node] of nodes.entries()) {
    const { host, port } = node.endpoint;
    const meet = ['CLUSTER', 'MEET', host, String(port), String(ports[index])];
    if (index > 0) await nodes[0]?.client.command(...meet);
  }
  const [first] = nodes;
  if (first === undefined) throw new Error('a cluster has at least one node');
  const cluster: TestCluster = {
    nodes,
    endpoint: first.endpoint,
    write: (key, ...command) => writeAnywhere(nodes, key, command),
    isSettled: () => isSettled(nodes),
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
  await until(cluster.isSettled, 'the cluster serves all slots');
  return cluster;
}

async function busPort(node: TestServer): Promise<string> {
  const reply = await node.client.command('CONFIG', 'GET', 'cluster-port');
  return Array.isArray(reply) ? String(reply[1]) : '';
}

async function isSettled(nodes: readonly TestServer[]): Promise<boolean> {
  const views: string[] = [];
  for (const { client } of nodes) {
    const info = String(await client.command('CLUSTER', 'INFO'));
    if (!/cluster_state:ok/.test(info)) return false;
    views.push(slotsIn(String(await client.command('CLUSTER', 'NODES'))));
  }
  return views.every((view) => view === views[0] && view.split('\n').length >= nodes.length);
}

/** Who serves what, in one node's words. */
function slotsIn(text: string): string {
  const lines = text.split('\n').filter((line) => line.includes('master'));
  return lines
    .map((line) => line.split(' '))
    .map((words) => `${words[0]} ${words.slice(6, 7)} ${words.slice(8).join(' ')}`)
    .sort()
    .join('\n');
}

async function writeAnywhere(
  nodes: readonly TestServer[],
  key: string | Buffer,
  command: readonly (string | Buffer)[],
): Promise<unknown> {
  const [name = '', ...rest] = command;
  for (const { client } of nodes) {
    const reply = await client.command(name, key, ...rest);
    if (!/^MOVED/.test(messageOf(reply))) return reply;
  }
  throw new Error('no node holds this key');
}

function messageOf(reply: unknown): string {
  return typeof reply === 'object' && reply !== null && 'message' in reply ? String(reply.message) : '';
}

/** A key name of this slot. */
export function keyIn(slot: number, name: string): string {
  return `{${tagOfSlot(slot)}}${name}`;
}

async function idOf(node: TestServer): Promise<string> {
  return String(await node.client.command('CLUSTER', 'MYID'));
}

/** Opens a slot for being moved, moves its keys, and gives it to its new node: what `redis-cli --cluster reshard` does. */
export async function moveSlot(
  slot: number,
  ends: { from: TestServer; to: TestServer; cluster: TestCluster },
): Promise<void> {
  await openSlot(slot, ends);
  await closeSlot(slot, ends);
}

export async function openSlot(slot: number, ends: { from: TestServer; to: TestServer }): Promise<void> {
  const { from, to } = ends;
  await to.client.command('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', await idOf(from));
  await from.client.command('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', await idOf(to));
}

export async function closeSlot(
  slot: number,
  ends: { from: TestServer; to: TestServer; cluster: TestCluster },
): Promise<void> {
  const { from, to, cluster } = ends;
  for (;;) {
    const keys = await from.client.command('CLUSTER', 'GETKEYSINSLOT', String(slot), '100');
    if (!Array.isArray(keys) || keys.length === 0) break;
    const { host, port } = to.endpoint;
    const names = keys.filter((key) => Buffer.isBuffer(key));
    await from.client.command('MIGRATE', host, String(port), '', '0', '5000', 'KEYS', ...names);
  }
  const id = await idOf(to);
  for (const { client } of [to, from, ...cluster.nodes])
    await client.command('CLUSTER', 'SETSLOT', String(slot), 'NODE', id);
  await until(cluster.isSettled, 'all nodes know where the slot is');
}
