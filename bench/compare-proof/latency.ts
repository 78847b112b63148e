import { openConnection } from '../../src/compare/wire/redis-connection.ts';

/** What another client of a server saw. */
export interface Seen {
  readonly p99Ms: number;
  readonly maxMs: number;
}

const PAUSE_MS = 2;
const LIMITS = { connectTimeoutMs: 5_000, commandTimeoutMs: 120_000 };

/** Pings a server every 2 ms from a client of its own, until it is stopped. */
export function watchLatency(server: { host: string; port: number }): { stop(): Promise<Seen> } {
  let isDone = false;
  const times: number[] = [];
  const watching = (async () => {
    const connection = await openConnection(server, LIMITS);
    while (!isDone) {
      const startedAt = performance.now();
      await connection.command('PING');
      times.push(performance.now() - startedAt);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    connection.close();
  })();
  return {
    stop: async () => {
      isDone = true;
      await watching;
      times.sort((a, b) => a - b);
      return { p99Ms: times[Math.floor(times.length * 0.99)] ?? 0, maxMs: times.at(-1) ?? 0 };
    },
  };
}
