import { createServer, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { claimLoopbackBlock } from '../../../../src/sandbox/cloud/world/loopback-block.ts';

/** Yields these numbers first, then others that differ from each other. */
function randomAfter(...first: number[]): () => number {
  let next = 0;
  return () => {
    next = (next + 0.137) % 1;
    return first.shift() ?? next;
  };
}

async function listen(host: string, port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  return server;
}

describe('a loopback block', () => {
  it('is never held by two at once, and is free again when released', async () => {
    const one = await claimLoopbackBlock(randomAfter(0.91), 6379);
    const two = await claimLoopbackBlock(randomAfter((one.octet - 16 + 0.5) / 235), 6379);
    expect(two.octet).not.toBe(one.octet);
    await one.release();
    const again = await claimLoopbackBlock(randomAfter((one.octet - 16 + 0.5) / 235), 6379);
    expect(again.octet).toBe(one.octet);
    await Promise.all([two.release(), again.release()]);
  });

  it('leaves a block alone in which its addresses cannot be bound, and keeps no lock on it', async () => {
    const first = await claimLoopbackBlock(randomAfter(0.77), 6379);
    await first.release();
    const squatter = await listen(`127.${first.octet}.1.10`, 6379);
    const random = () => (first.octet - 16 + 0.5) / 235;
    await expect(claimLoopbackBlock(random, 6379)).rejects.toThrow('No free 127.x.0.0/16');
    await new Promise((resolve) => squatter.close(resolve));
    const block = await claimLoopbackBlock(random, 6379);
    expect(block.octet).toBe(first.octet);
    await block.release();
  });
});
