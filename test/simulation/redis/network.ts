import type { SimulatedServer } from './simulated-server.ts';

/** One connection to a server; the server it leads to never changes, whatever becomes of the address. */
export class Connection {
  readonly instance: string;
  readonly server: SimulatedServer;
  /** Who it belongs to, for the history. */
  readonly owner: string;
  private open = true;
  private readonly onClose: (connection: Connection) => void;

  constructor(
    to: { instance: string; server: SimulatedServer; owner: string },
    onClose: (connection: Connection) => void,
  ) {
    this.instance = to.instance;
    this.server = to.server;
    this.owner = to.owner;
    this.onClose = onClose;
    this.server.connections += 1;
  }

  get isOpen(): boolean {
    return this.open;
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.server.connections -= 1;
    this.onClose(this);
  }
}

/** Addresses and who answers there. */
export class Network {
  private readonly holders = new Map<string, { instance: string; server: SimulatedServer }>();
  private readonly connections = new Set<Connection>();

  holderOf(ip: string, port: number): string | undefined {
    return this.holders.get(`${ip}:${port}`)?.instance;
  }

  /** An instance answers at an address from now on. */
  listen(address: { ip: string; port: number }, instance: string, server: SimulatedServer): void {
    this.holders.set(`${address.ip}:${address.port}`, { instance, server });
  }

  /** It does so no more; its connections are cut, but for those that `survives` says are forgotten. */
  leave(address: { ip: string; port: number }, survives: (connection: Connection) => boolean): void {
    const key = `${address.ip}:${address.port}`;
    const left = this.holders.get(key);
    this.holders.delete(key);
    for (const connection of [...this.connections]) {
      if (connection.instance === left?.instance && !survives(connection)) connection.close();
    }
  }

  /** Undefined when nobody answers at that address. */
  connect(address: { ip: string; port: number }, owner: string): Connection | undefined {
    const holder = this.holders.get(`${address.ip}:${address.port}`);
    if (holder === undefined) return undefined;
    const connection = new Connection({ ...holder, owner }, (closed) => this.connections.delete(closed));
    this.connections.add(connection);
    return connection;
  }
}
