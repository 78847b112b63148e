import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { compareVersions, type RedisBinary } from '../../redis-server/redis-binary.ts';
import type {
  Address,
  Architecture,
  DataNode,
  DataNodeOptions,
  EngineVersion,
  InstanceCounters,
  ServerFigures,
} from '../data-plane.ts';
import type { Fence } from './proxy/fence.ts';
import { InstanceProxy } from './proxy/instance-proxy.ts';
import { RequestGate } from './proxy/request-gate.ts';
import type { CommandArgument } from './resp/encode-command.ts';
import { RedisLink } from './resp/redis-link.ts';
import { ReopeningLink } from './resp/reopening-link.ts';
import { figureOf, keysOf, parseInfo } from './server-info.ts';
import { type InnerServer, startInstanceServer } from './start-instance-server.ts';
import { commandTable } from './versions/command-table.ts';
import { posedVersion } from './versions/posed-version.ts';

const saveDeadlineMs = 120_000;
const savePollMs = 20;
const busyPollMs = 50;

/**
 * A real redis-server with the proxy in front of it.
 *
 * Not modelled: replicas and failover, ACL users and the `instanceId:password` form of AUTH, the real cloud's choice of commands
 * that are withheld from clients, and COMMAND's list, which is that of the real server.
 */
export class RedisNode implements DataNode {
  readonly version: EngineVersion;
  readonly architecture: Architecture;
  readonly inner: { host: string; port: number };
  readonly binary: RedisBinary;
  readonly directory: string;
  readonly #server: InnerServer;
  readonly #fence: Fence;
  readonly #proxy: InstanceProxy;
  readonly #admin: ReopeningLink;
  #password: string | undefined;
  #saving: Promise<{ path: string; bytes: number }> | undefined;
  #backups = 0;
  #copies = 0;

  private constructor(binary: RedisBinary, options: DataNodeOptions, started: Started) {
    this.version = options.version;
    this.architecture = options.architecture;
    this.directory = options.directory;
    this.binary = binary;
    this.inner = { host: started.server.host, port: started.server.port };
    this.#server = started.server;
    this.#password = options.password;
    this.#admin = new ReopeningLink(this.inner, () => this.#password);
    this.#fence = {
      readOnly: false,
      serverRefusesWritingScripts: compareVersions(binary.version, '7.0') >= 0,
    };
    const posesAs = posedVersion(options.version, binary.version);
    this.#proxy = new InstanceProxy({
      server: this.inner,
      fence: this.#fence,
      gate: new RequestGate({
        version: options.version,
        architecture: options.architecture,
        posesAs,
        commands: commandTable(started.commands, posesAs),
        fence: this.#fence,
        innerHost: this.inner.host,
      }),
      killAtServer: async (addresses) => await this.#killAtServer(addresses),
    });
  }

  static async start(binary: RedisBinary, options: DataNodeOptions): Promise<RedisNode> {
    const server = await startInstanceServer(binary, options);
    try {
      const link = await RedisLink.open(server.endpoint, options.password);
      const commands = await link.call('COMMAND').finally(() => link.close());
      return new RedisNode(binary, options, { server, commands });
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async listen(address: Address): Promise<void> {
    await this.#proxy.listen(address);
    await this.#announce();
  }

  async unlisten(): Promise<void> {
    await this.#proxy.unlisten();
  }

  address(): Address | undefined {
    return this.#proxy.address();
  }

  async setPassword(password: string | undefined): Promise<void> {
    await this.#admin.call('CONFIG', 'SET', 'requirepass', password ?? '');
    this.#password = password;
  }

  async setReadOnly(readOnly: boolean): Promise<void> {
    await this.#proxy.setReadOnly(readOnly);
  }

  readOnly(): boolean {
    return this.#fence.readOnly;
  }

  counters(): InstanceCounters {
    return { ...this.#proxy.counters };
  }

  async figures(): Promise<ServerFigures> {
    const info = parseInfo(await this.#admin.call('INFO'));
    return {
      usedMemoryBytes: figureOf(info, 'used_memory'),
      keys: keysOf(info),
      expiredKeys: figureOf(info, 'expired_keys'),
      evictedKeys: figureOf(info, 'evicted_keys'),
      replicationOffsetBytes: figureOf(info, 'master_repl_offset'),
    };
  }

  async save(): Promise<{ path: string; bytes: number }> {
    this.#saving ??= this.#save().finally(() => {
      this.#saving = undefined;
    });
    return await this.#saving;
  }

  async clear(): Promise<void> {
    await this.#admin.call('FLUSHALL');
  }

  async close(): Promise<void> {
    await this.#proxy.unlisten().catch(() => undefined);
    this.#admin.close();
    await this.#server.stop();
  }

  /** A connection straight to the server, for sync jobs. */
  async openLink(): Promise<RedisLink> {
    return await RedisLink.open(this.inner, this.#password);
  }

  /** Like `openLink`, and opened again when it is lost. */
  reopeningLink(): ReopeningLink {
    return new ReopeningLink(this.inner, () => this.#password);
  }

  /** What a replica says first: empty without a password. */
  authentication(): CommandArgument[][] {
    return this.#password === undefined ? [] : [['AUTH', this.#password]];
  }

  /** A name for the folder of the next sync job that reads from this node. */
  nextCopyDirectory(): string {
    return join(this.directory, `copy-${++this.#copies}`);
  }

  /** So that CLUSTER SLOTS and NODES show the address that clients know and not the inner one. */
  async #announce(): Promise<void> {
    const address = this.address();
    if (this.architecture !== 'cluster' || !address) return;
    await this.#admin.pipeline([
      ['CONFIG', 'SET', 'cluster-announce-ip', address.ip],
      ['CONFIG', 'SET', 'cluster-announce-port', address.port],
    ]);
  }

  /** A server that is busy with a long script says BUSY, and what it is busy with may still write: asked again until it is not. */
  async #killAtServer(addresses: readonly string[]): Promise<void> {
    for (;;) {
      const replies = await this.#admin.pipeline(addresses.map((address) => ['CLIENT', 'KILL', address]));
      if (!replies.some((reply) => reply instanceof Error && reply.message.startsWith('BUSY'))) return;
      await delay(busyPollMs);
    }
  }

  async #save(): Promise<{ path: string; bytes: number }> {
    const before = figureOf(parseInfo(await this.#admin.call('INFO', 'persistence')), 'rdb_last_save_time');
    // LASTSAVE counts whole seconds: a second save within one would look like the first.
    while (Math.floor(Date.now() / 1000) <= before) await delay(savePollMs);
    const deadline = performance.now() + saveDeadlineMs;
    let begun = false;
    for (;;) {
      const info = parseInfo(await this.#admin.call('INFO', 'persistence'));
      const idle = figureOf(info, 'rdb_bgsave_in_progress') === 0;
      if (begun && idle && figureOf(info, 'rdb_last_save_time') > before) break;
      if (begun && idle && info.get('rdb_last_bgsave_status') !== 'ok') throw new Error('BGSAVE failed');
      // Busy before we began: a snapshot for a sync job, or the rewriting of the append-only file.
      if (idle && !begun) begun = (await this.#admin.call('BGSAVE').catch(() => undefined)) !== undefined;
      if (performance.now() > deadline) throw new Error(`BGSAVE took more than ${saveDeadlineMs} ms`);
      await delay(savePollMs);
    }
    const path = join(this.directory, `backup-${++this.#backups}.rdb`);
    await rename(join(this.directory, 'dump.rdb'), path);
    return { path, bytes: (await stat(path)).size };
  }
}

interface Started {
  server: InnerServer;
  /** The server's answer to COMMAND. */
  commands: Awaited<ReturnType<RedisLink['call']>>;
}
