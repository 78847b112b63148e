import { Connection } from './connection.ts';
import type { SimulatedServer } from './simulated-server.ts';

const FIRST_PORT = 40_000;

/** Addresses and who answers there. */
export class Network {
  private readonly holders = new Map<string, { instance: string; server: SimulatedServer }>();
  private readonly connections = new Set<Connection>();
  private readonly hosts = new Map<string, string>();
  private ports = 0;

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
    this.ports += 1;
    const from = `${this.hostOf(owner)}:${FIRST_PORT + this.ports}`;
    const connection = new Connection({ ...holder, owner, from }, (closed) =>
      this.connections.delete(closed),
    );
    this.connections.add(connection);
    return connection;
  }

  /** Whoever it was is gone, and its connections with it. */
  abandon(owner: string): void {
    for (const connection of [...this.connections]) if (connection.owner === owner) connection.close();
  }

  /** The same for every connection of one client. */
  private hostOf(owner: string): string {
    const host = this.hosts.get(owner) ?? `10.9.0.${this.hosts.size + 1}`;
    this.hosts.set(owner, host);
    return host;
  }
}
