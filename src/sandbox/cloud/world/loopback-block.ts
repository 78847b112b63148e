import { createServer } from 'node:net';

/** 127.octet.0.0/16, held for one sandbox until released. */
export interface LoopbackBlock {
  octet: number;
  release(): Promise<void>;
}

const lowestOctet = 16;
const highestOctet = 250;
const lockPort = 16_379;
const maxAttempts = 60;

/**
 * Holds a free /16 of the loopback network. A listener on its last address is the lock, so that two sandboxes on one
 * machine never share addresses; an address of the block must be bindable on `servicePort` too. Rejects when 60
 * random blocks in a row are taken, which in practice means that the platform has no 127.x.y.z addresses (macOS) or that
 * another program listens on every address.
 */
export async function claimLoopbackBlock(random: () => number, servicePort: number): Promise<LoopbackBlock> {
  let cause: unknown;
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const octet = lowestOctet + Math.floor(random() * (highestOctet - lowestOctet + 1));
    try {
      const release = await listen(`127.${octet}.255.254`, lockPort);
      try {
        await (await listen(`127.${octet}.1.10`, servicePort))();
      } catch (error) {
        await release();
        throw error;
      }
      return { octet, release };
    } catch (error) {
      cause = error;
    }
  }
  throw new Error(
    `No free 127.x.0.0/16 found in ${maxAttempts} attempts. The sandbox needs Linux (other systems: a container) and ` +
      `port ${servicePort} free on the loopback network.`,
    { cause },
  );
}

/** Resolves with what stops listening again. */
async function listen(host: string, port: number): Promise<() => Promise<void>> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, resolve);
  });
  return () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
}
