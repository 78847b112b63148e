import { createServer, type Server, type Socket } from 'node:net';
import type {
  Address,
  Copy,
  CopyOptions,
  CopyProgress,
  DataNode,
  DataNodeOptions,
  DataPlane,
  InstanceCounters,
} from '../../../../src/sandbox/cloud/data-plane.ts';

/** A node without a redis-server: a map behind real sockets that understands AUTH, PING, GET, SET and INFO. */
export class FakeNode implements DataNode {
  readonly version: DataNode['version'];
  readonly architecture: DataNode['architecture'];
  readonly data = new Map<string, string>();
  readonly counts: InstanceCounters = {
    reads: 0,
    writes: 0,
    others: 0,
    errors: 0,
    connections: 0,
    inBytes: 0,
    outBytes: 0,
  };
  usedMemoryBytes = 1_000_000;
  closed = false;
  /** While set, switching read-only, saving and reading figures wait for it. */
  hold: Promise<void> | undefined;
  #password: string | undefined;
  #readOnly = false;
  #server: Server | undefined;
  #address: Address | undefined;
  readonly #sockets = new Set<Socket>();

  constructor(options: DataNodeOptions) {
    this.version = options.version;
    this.architecture = options.architecture;
    this.#password = options.password;
  }

  get inner(): { host: string; port: number } {
    const address = this.#address;
    if (address === undefined) throw new Error('The fake has no place of its own');
    return { host: address.ip, port: address.port };
  }

  async listen(address: Address): Promise<void> {
    const server = createServer((socket) => this.#serve(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address.ip, port: address.port, exclusive: true }, resolve);
    });
    this.#server = server;
    this.#address = address;
  }

  async unlisten(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#address = undefined;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  }

  address(): Address | undefined {
    return this.#address;
  }

  async setPassword(password: string | undefined): Promise<void> {
    this.#password = password;
  }

  async setReadOnly(readOnly: boolean): Promise<void> {
    await this.hold;
    this.#readOnly = readOnly;
  }

  readOnly(): boolean {
    return this.#readOnly;
  }

  counters(): InstanceCounters {
    return { ...this.counts, connections: this.#sockets.size };
  }

  async figures() {
    await this.hold;
    return {
      usedMemoryBytes: this.usedMemoryBytes,
      keys: this.data.size,
      expiredKeys: 0,
      evictedKeys: 0,
      replicationOffsetBytes: 0,
    };
  }

  async save() {
    await this.hold;
    return { path: '/dev/null', bytes: 4_711 };
  }

  async clear(): Promise<void> {
    this.data.clear();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.unlisten();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
    let loggedIn = this.#password === undefined;
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
      for (let command = takeCommand(); command !== undefined; command = takeCommand()) {
        const [name = '', ...rest] = command;
        if (name === 'AUTH') loggedIn = rest[0] === this.#password;
        const allowed = loggedIn || name === 'AUTH';
        socket.write(allowed ? this.#answer(name, rest) : '-NOAUTH Authentication required.\r\n');
      }
    });
    const takeCommand = (): string[] | undefined => {
      const count = /^\*(\d+)\r\n/.exec(text);
      if (count === null) return undefined;
      const parts = text.split('\r\n');
      const length = 1 + 2 * Number(count[1]);
      if (parts.length <= length) return undefined;
      text = parts.slice(length).join('\r\n');
      return parts.slice(1, length).filter((_, index) => index % 2 === 1);
    };
  }

  #answer(name: string, rest: readonly string[]): string {
    switch (name) {
      case 'AUTH':
        if (this.#password === undefined) return '-ERR Client sent AUTH, but no password is set\r\n';
        return rest[0] === this.#password ? '+OK\r\n' : '-ERR invalid password\r\n';
      case 'SET':
        if (this.#readOnly) return "-READONLY You can't write against a read only instance.\r\n";
        this.counts.writes++;
        this.data.set(rest[0] ?? '', rest[1] ?? '');
        return '+OK\r\n';
      case 'GET': {
        this.counts.reads++;
        const value = this.data.get(rest[0] ?? '');
        return value === undefined ? '$-1\r\n' : `$${value.length}\r\n${value}\r\n`;
      }
      case 'INFO': {
        const info = `cmdstat_get:calls=${this.counts.reads},usec=1\r\ncmdstat_set:calls=${this.counts.writes},usec=1\r\n`;
        return `$${info.length}\r\n${info}\r\n`;
      }
      default:
        this.counts.others++;
        return '+PONG\r\n';
    }
  }
}

/** Holds what a node does until released. */
export function holdNode(node: FakeNode): () => void {
  const gate = { open: () => {} };
  node.hold = new Promise((resolve) => {
    gate.open = resolve;
  });
  return () => {
    node.hold = undefined;
    gate.open();
  };
}

/** A copy whose progress the test sets by hand; by default it copies at once and keeps copying when it is looked at. */
export class FakeCopy implements Copy {
  readonly options: CopyOptions;
  readonly shown: CopyProgress = {
    phase: 'incremental',
    percent: 100,
    keysCopied: 0,
    keysTotal: 0,
    lagBytes: 0,
    error: undefined,
  };
  stopped = false;

  constructor(options: CopyOptions) {
    this.options = options;
    if (options.writeMode === 'clearData') fake(options.target).data.clear();
  }

  progress(): CopyProgress {
    if (!this.stopped && this.shown.phase === 'incremental') this.#apply();
    return { ...this.shown };
  }

  async measure(): Promise<CopyProgress> {
    return this.progress();
  }

  async complete(): Promise<void> {
    this.#apply();
    this.shown.phase = 'completed';
    this.shown.lagBytes = 0;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.shown.phase = 'stopped';
  }

  #apply(): void {
    for (const [key, value] of fake(this.options.source).data) fake(this.options.target).data.set(key, value);
  }
}

export class FakeDataPlane implements DataPlane {
  readonly nodes: FakeNode[] = [];
  readonly copies: FakeCopy[] = [];
  /** Makes the next copies begin like this. */
  firstProgress: Partial<CopyProgress> = {};

  async createNode(options: DataNodeOptions): Promise<FakeNode> {
    const node = new FakeNode(options);
    this.nodes.push(node);
    return node;
  }

  startCopy(options: CopyOptions): FakeCopy {
    const copy = new FakeCopy(options);
    Object.assign(copy.shown, this.firstProgress);
    this.copies.push(copy);
    return copy;
  }
}

export function fake(node: DataNode | undefined): FakeNode {
  if (node instanceof FakeNode) return node;
  throw new Error('Not a node of the fake data plane');
}
