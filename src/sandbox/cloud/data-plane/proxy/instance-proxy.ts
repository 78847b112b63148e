import { createServer, type Server, type Socket } from 'node:net';
import type { RedisEndpoint } from '../../../redis-server/launch-redis-server.ts';
import type { Address, InstanceCounters } from '../../data-plane.ts';
import type { Fence } from './fence.ts';
import { ProxiedConnection } from './proxied-connection.ts';
import type { RequestGate } from './request-gate.ts';

/** How long a write that is on its way may take before its connection is cut, for example a blocked BLPOP. */
const writeDrainMs = 500;

export interface InstanceProxyOptions {
  server: RedisEndpoint;
  gate: RequestGate;
  fence: Fence;
  /** Tells the server to drop these connections, given by their addresses, and resolves when it has. */
  killAtServer(addresses: readonly string[]): Promise<void>;
}

/** What clients reach an instance through: its address, its read-only switch and its counters. */
export class InstanceProxy {
  readonly counters: InstanceCounters = {
    reads: 0,
    writes: 0,
    others: 0,
    errors: 0,
    connections: 0,
    inBytes: 0,
    outBytes: 0,
  };
  readonly #options: InstanceProxyOptions;
  readonly #connections = new Set<ProxiedConnection>();
  #listener: { server: Server; address: Address } | undefined;

  constructor(options: InstanceProxyOptions) {
    this.#options = options;
  }

  address(): Address | undefined {
    return this.#listener?.address;
  }

  async listen(address: Address): Promise<void> {
    if (this.#listener) throw new Error(`The instance already listens at ${text(this.#listener.address)}`);
    if (!address.ip.startsWith('127.'))
      throw new Error(`${address.ip} is not an address of the loopback network`);
    const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(server, client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address.ip, port: address.port }, resolve);
    });
    const bound = server.address();
    const port = bound !== null && typeof bound === 'object' ? bound.port : address.port;
    this.#listener = { server, address: { ip: address.ip, port } };
  }

  /** Nothing is accepted any more when this resolves, no client is connected, and nothing they sent is still executed. */
  async unlisten(): Promise<void> {
    const listener = this.#listener;
    if (!listener) return;
    this.#listener = undefined;
    const closed = new Promise<void>((resolve) => listener.server.close(() => resolve()));
    await this.#cut([...this.#connections]);
    await closed;
  }

  /** See DataNode.setReadOnly. */
  async setReadOnly(readOnly: boolean): Promise<void> {
    this.#options.fence.readOnly = readOnly;
    if (!readOnly) return;
    const late: ProxiedConnection[] = [];
    await Promise.all(
      [...this.#connections].map(async (connection) => {
        if (!(await answeredInTime(connection))) late.push(connection);
      }),
    );
    if (late.length > 0) await this.#cut(late);
  }

  #accept(server: Server, client: Socket): void {
    // Accepted by the kernel just before the address was given up.
    if (!server.listening) {
      client.resetAndDestroy();
      return;
    }
    const { server: upstream, gate } = this.#options;
    const connection = new ProxiedConnection({ client, server: upstream, gate, counters: this.counters });
    this.#connections.add(connection);
    void connection.finished.then(() => this.#connections.delete(connection));
  }

  async #cut(connections: readonly ProxiedConnection[]): Promise<void> {
    const addresses = connections.flatMap((connection) => connection.serverSideAddress() ?? []);
    for (const connection of connections) connection.cut();
    // The server may have bytes of a cut connection yet to read; a killed connection is not read from.
    if (addresses.length > 0) await this.#options.killAtServer(addresses);
    await Promise.all(connections.map(async (connection) => await connection.finished));
  }
}

async function answeredInTime(connection: ProxiedConnection): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), writeDrainMs);
  });
  const inTime = connection.writesAnswered().then(() => true);
  const result = await Promise.race([inTime, late]);
  clearTimeout(timer);
  return result;
}

function text({ ip, port }: Address): string {
  return `${ip}:${port}`;
}
