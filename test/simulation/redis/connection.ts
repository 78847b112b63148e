import type { Answer } from './commands.ts';
import type { Peer, SimulatedServer } from './simulated-server.ts';

/** One connection to a server; the server it leads to never changes, whatever becomes of the address. */
export class Connection implements Peer {
  readonly instance: string;
  readonly server: SimulatedServer;
  /** Who it belongs to, for the history. */
  readonly owner: string;
  /** Where it comes from, as the server lists it. */
  readonly from: string;
  private name = '';
  private db = 0;
  private lastCommand = 'NULL';
  private lastAtMs: number;
  private readonly sinceMs: number;
  /** Commands of a transaction that waits for its EXEC. */
  private queued: (readonly string[])[] | undefined;
  private open = true;
  private readonly onClose: (connection: Connection) => void;

  constructor(
    to: { instance: string; server: SimulatedServer; owner: string; from: string },
    onClose: (connection: Connection) => void,
  ) {
    this.instance = to.instance;
    this.server = to.server;
    this.owner = to.owner;
    this.from = to.from;
    this.onClose = onClose;
    this.sinceMs = to.server.now();
    this.lastAtMs = this.sinceMs;
    this.server.connections.add(this);
  }

  get isOpen(): boolean {
    return this.open;
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.server.connections.delete(this);
    this.onClose(this);
  }

  /** Runs one command, with what the connection remembers: its database, its name, its transaction. */
  execute(parts: readonly string[]): Answer {
    const name = (parts[0] ?? '').toUpperCase();
    this.lastCommand = name.toLowerCase();
    this.lastAtMs = this.server.now();
    if (name === 'MULTI') {
      this.queued = [];
      return { status: 'OK' };
    }
    if (name === 'EXEC') return this.executeQueued();
    if (this.queued !== undefined) {
      this.queued.push(parts);
      return { status: 'QUEUED' };
    }
    return name === 'CLIENT' ? this.client(parts.slice(1)) : this.run(parts);
  }

  private executeQueued(): Answer {
    const { queued } = this;
    this.queued = undefined;
    return queued === undefined
      ? { error: 'ERR EXEC without MULTI' }
      : queued.map((parts) => this.run(parts));
  }

  private run(parts: readonly string[]): Answer {
    const answer = this.server.execute(this.db, parts);
    const isSelected = parts[0]?.toUpperCase() === 'SELECT' && typeof answer === 'object';
    if (isSelected && answer !== null && 'status' in answer) this.db = Number(parts[1]);
    return answer;
  }

  private client([subcommand = '', ...rest]: readonly string[]): Answer {
    if (this.server.hidesConnections) return { error: `ERR unknown subcommand '${subcommand}'` };
    switch (subcommand.toUpperCase()) {
      case 'SETNAME':
        this.name = rest[0] ?? '';
        return { status: 'OK' };
      case 'LIST':
        return [...this.server.connections].map((each) => `${each.line()}\n`).join('');
      case 'KILL':
        return this.kill(rest);
      default:
        return { error: `ERR CLIENT ${subcommand} is not understood here` };
    }
  }

  /** By address alone, as every version knows it. */
  private kill([address = '', ...more]: readonly string[]): Answer {
    if (more.length > 0) return { error: 'ERR syntax error' };
    const victim = [...this.server.connections].find(({ from }) => from === address);
    if (victim === undefined) return { error: 'ERR No such client' };
    victim.close();
    return { status: 'OK' };
  }

  line(): string {
    const nowMs = this.server.now();
    const age = Math.floor((nowMs - this.sinceMs) / 1_000);
    const idle = Math.floor((nowMs - this.lastAtMs) / 1_000);
    const { from, name, db, lastCommand } = this;
    return `addr=${from} fd=8 name=${name} age=${age} idle=${idle} flags=N db=${db} cmd=${lastCommand}`;
  }
}
