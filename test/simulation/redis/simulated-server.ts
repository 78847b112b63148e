import { type Answer, COMMANDS } from './commands.ts';
import { copyOf, isEmpty, type Stored } from './values.ts';

/** The state of one key after a change, as it goes down a replication stream; undefined: it is gone. */
export interface Change {
  db: number;
  key: string;
  stored: Stored | undefined;
}

/** A connection as the server knows it. */
export interface Peer {
  readonly from: string;
  /** As CLIENT LIST has it. */
  line(): string;
  close(): void;
}

const READ_ONLY: Answer = { error: "READONLY You can't write against a read only instance." };
const MAX_DATABASE = 15;

/** A Redis server in memory: data, the read-only switch, counters, and a stream of its changes. */
export class SimulatedServer {
  readonly runId: string;
  readonly version: string;
  readonly password: string | undefined;
  /** Connections of clients and of the bot. */
  readonly connections = new Set<Peer>();
  /** Answers nothing about its connections, as proxies may. */
  hidesConnections = false;
  /** The read-only switch, as it stands now; on some servers it stops plain writes only. */
  gate: 'open' | 'closed' | 'scripts-open' = 'open';
  readonly now: () => number;
  private readonly databases = new Map<number, Map<string, Stored>>();
  private readonly calls = new Map<string, number>();
  private readonly followers = new Set<(change: Change) => void>();

  constructor(facts: { runId: string; version: string; password: string | undefined; now: () => number }) {
    this.runId = facts.runId;
    this.version = facts.version;
    this.password = facts.password;
    this.now = facts.now;
  }

  get(db: number, key: string): Stored | undefined {
    const data = this.databases.get(db);
    const found = data?.get(key);
    if (found?.expiresAtMs === undefined || found.expiresAtMs > this.now()) return found;
    data?.delete(key);
    return undefined;
  }

  put(db: number, key: string, stored: Stored): void {
    const data = this.databases.get(db) ?? new Map<string, Stored>();
    this.databases.set(db, data);
    const expired = stored.expiresAtMs !== undefined && stored.expiresAtMs <= this.now();
    if (isEmpty(stored.value) || expired) data.delete(key);
    else data.set(key, stored);
    this.tell({ db, key, stored: data.has(key) ? copyOf(stored) : undefined });
  }

  drop(db: number, key: string): boolean {
    const was = this.get(db, key) !== undefined;
    this.databases.get(db)?.delete(key);
    if (was) this.tell({ db, key, stored: undefined });
    return was;
  }

  keys(db: number): string[] {
    return [...(this.databases.get(db)?.keys() ?? [])].filter((key) => this.get(db, key) !== undefined);
  }

  /** Everything there is, as a snapshot. */
  snapshot(): Change[] {
    return [...this.databases.keys()].flatMap((db) =>
      this.keys(db).map((key) => {
        const stored = this.get(db, key);
        return { db, key, stored: stored === undefined ? undefined : copyOf(stored) };
      }),
    );
  }

  /** Applies a change that was made elsewhere. */
  apply(change: Change): void {
    if (change.stored === undefined) this.drop(change.db, change.key);
    else this.put(change.db, change.key, copyOf(change.stored));
  }

  empty(): void {
    this.databases.clear();
  }

  /** Tells of every change from now on, until the returned function is called. */
  follow(follower: (change: Change) => void): () => void {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }

  /** Runs one command for a client whose database is `db`. */
  execute(db: number, parts: readonly string[]): Answer {
    const name = (parts[0] ?? '').toUpperCase();
    if (name === 'INFO') return this.info(parts[1]?.toLowerCase());
    if (name === 'SELECT')
      return Number(parts[1]) <= MAX_DATABASE ? { status: 'OK' } : { error: 'ERR DB index is out of range' };
    if (name === 'EVAL') return this.evaluate(db, parts.slice(1));
    return this.run(db, parts, this.gate !== 'open');
  }

  private run(db: number, parts: readonly string[], isClosed: boolean): Answer {
    const name = (parts[0] ?? '').toUpperCase();
    const command = COMMANDS[name];
    if (command === undefined) return { error: `ERR unknown command '${name}'` };
    if (command.writes && isClosed) return READ_ONLY;
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    return command.run({ server: this, db, args: parts.slice(1) });
  }

  /** Scripts of one call: `return redis.call('SET', KEYS[1], ARGV[1])`. */
  private evaluate(db: number, [script = '', count = '0', ...rest]: readonly string[]): Answer {
    const isClosed = this.gate === 'closed';
    const inside = /redis\.call\(([^)]*)\)/.exec(script)?.[1];
    if (inside === undefined) return { error: 'ERR this script is not understood here' };
    if (isClosed) return READ_ONLY;
    const keys = rest.slice(0, Number(count));
    const values = rest.slice(Number(count));
    const parts = inside.split(',').map((part) => {
      const text = part.trim();
      const place = Number(/\[(\d+)\]/.exec(text)?.[1] ?? 0) - 1;
      if (text.startsWith('KEYS')) return keys[place] ?? '';
      return text.startsWith('ARGV') ? (values[place] ?? '') : text.replaceAll(/['"]/g, '');
    });
    return this.run(db, parts, false);
  }

  private tell(change: Change): void {
    for (const follower of this.followers) follower(change);
  }

  private info(section: string | undefined): string {
    const sections: Record<string, () => string[]> = {
      server: () => [`redis_version:${this.version}`, `run_id:${this.runId}`],
      clients: () => [`connected_clients:${this.connections.size}`],
      memory: () => ['used_memory:1048576', 'maxmemory_policy:noeviction'],
      stats: () => ['instantaneous_ops_per_sec:100', 'evicted_keys:0'],
      commandstats: () =>
        [...this.calls].map(([name, calls]) => `cmdstat_${name.toLowerCase()}:calls=${calls},usec=${calls}`),
      keyspace: () => this.keyspace(),
    };
    const wanted =
      section === undefined ? Object.keys(sections).filter((name) => name !== 'commandstats') : [section];
    return wanted.map((name) => [`# ${name}`, ...(sections[name]?.() ?? [])].join('\r\n')).join('\r\n');
  }

  private keyspace(): string[] {
    return [...this.databases.keys()].flatMap((db) => {
      const keys = this.keys(db);
      const expires = keys.filter((key) => this.get(db, key)?.expiresAtMs !== undefined).length;
      return keys.length === 0 ? [] : [`db${db}:keys=${keys.length},expires=${expires},avg_ttl=0`];
    });
  }
}
