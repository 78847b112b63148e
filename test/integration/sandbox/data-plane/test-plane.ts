import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createRedisDataPlane } from '../../../../src/sandbox/cloud/data-plane/redis-data-plane.ts';
import type { RedisNode } from '../../../../src/sandbox/cloud/data-plane/redis-node.ts';
import type {
  Copy,
  DataNode,
  DataNodeOptions,
  EngineVersion,
} from '../../../../src/sandbox/cloud/data-plane.ts';
import { findRedisServer } from '../../../../src/sandbox/redis-server/find-redis-server.ts';

/** Nodes, clients and folders of one test file, all of them gone after `close`. */
export class TestPlane {
  readonly plane = createRedisDataPlane({
    binaryFor: async (version: EngineVersion) => await findRedisServer({ version, env: process.env }),
  });
  #directory: Promise<string> | undefined;
  readonly #nodes: DataNode[] = [];
  readonly #clients: Redis[] = [];
  #made = 0;

  async node(options: Partial<DataNodeOptions> = {}): Promise<RedisNode> {
    this.#directory ??= mkdtemp(join(tmpdir(), 'data-plane-'));
    const node = await this.plane.createNode({
      version: '7.0',
      architecture: 'standard',
      directory: join(await this.#directory, `node-${++this.#made}`),
      password: undefined,
      maxMemoryMb: 256,
      ...options,
    });
    this.#nodes.push(node);
    return node as RedisNode;
  }

  /** A node that listens at an address of its own. */
  async listeningNode(options: Partial<DataNodeOptions> = {}): Promise<RedisNode> {
    const node = await this.node(options);
    await node.listen({ ip: randomIp(), port: 0 });
    return node;
  }

  /** A client by way of the node's address; it does not reconnect unless told to. */
  client(node: DataNode, options: { password?: string } = {}): Redis {
    const address = node.address();
    if (!address) throw new Error('The node does not listen');
    const client = new Redis({
      host: address.ip,
      port: address.port,
      retryStrategy: () => null,
      ...options,
    });
    client.on('error', () => undefined);
    this.#clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    await Promise.all(this.#nodes.map(async (node) => await node.close()));
    const directory = await this.#directory;
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  }
}

/** An address that no other test file uses, by chance. */
export function randomIp(): string {
  const part = () => 1 + Math.floor(Math.random() * 254);
  return `127.${100 + Math.floor(Math.random() * 50)}.${part()}.${part()}`;
}

/** Polls until `condition` holds; throws after the deadline. */
export async function until(condition: () => boolean | Promise<boolean>, deadlineMs = 20_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Not within ${deadlineMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export async function untilIncremental(copy: Copy): Promise<void> {
  await until(() => {
    const { phase, error } = copy.progress();
    if (phase === 'failed') throw new Error(error);
    return phase === 'incremental';
  });
}

/** The digest of the whole dataset, asked behind the proxy. */
export async function digest(node: RedisNode): Promise<string> {
  const link = await node.openLink();
  try {
    return String(await link.call('DEBUG', 'DIGEST'));
  } finally {
    link.close();
  }
}

/** Processes whose working directory is the folder or inside. */
export async function serversIn(directory: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(
    pids.map(async (pid) => await readlink(`/proc/${pid}/cwd`).catch(() => '')),
  );
  return folders.filter((folder) => folder.startsWith(directory)).length;
}
