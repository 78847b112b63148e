import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** An address that can be moved from one server to another, cutting every connection on it. */
export interface Forwarder {
  port: number;
  /** Undefined: every connection is refused. */
  moveTo(port: number | undefined): void;
  close(): Promise<void>;
}

export async function startForwarder(port: number): Promise<Forwarder> {
  let backend: number | undefined = port;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    if (backend === undefined) return void client.destroy();
    const inner = connect(backend, '127.0.0.1');
    for (const [socket, other] of [
      [client, inner],
      [inner, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    moveTo: (next) => {
      backend = next;
      cut();
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
