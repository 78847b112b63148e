import type { RedisConnection } from '../../../src/compare/wire/redis-connection.ts';
import { encodeCommands } from '../../../src/compare/wire/resp-commands.ts';

const TURN_MS = 10;
const PACE_MS = 2;

/** A client that writes `writesOf(turn)` every 10 ms until the work is done; says how many writes were made in how many seconds. */
export async function whileWriting<Result>(
  client: RedisConnection,
  writesOf: (turn: number) => string[][],
  work: () => Promise<Result>,
): Promise<{ result: Result; writes: number; seconds: number }> {
  let isDone = false;
  let turn = 0;
  let writes = 0;
  const startedAt = performance.now();
  const writing = async () => {
    while (!isDone) {
      const due = Math.floor((performance.now() - startedAt) / TURN_MS);
      const batch: string[][] = [];
      while (turn < due) batch.push(...writesOf(turn++));
      await client.pipeline(encodeCommands(batch));
      writes += batch.length;
      await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    }
  };
  const written = writing();
  try {
    const result = await work();
    return { result, writes, seconds: (performance.now() - startedAt) / 1_000 };
  } finally {
    isDone = true;
    await written;
  }
}

/** Ten writes, of the kinds that are hardest to tell from a difference; `big-set` and `big-hash` are there already. */
export function hardWrites(turn: number): string[][] {
  const n = String(turn);
  const near = String(turn % 50);
  return [
    ['INCR', 'hot-counter'],
    ['SET', `new-${near}`, n],
    ['DEL', `new-${(turn + 25) % 50}`],
    ['SET', `lock-${near}`, 'same', 'PX', '60'],
    ['LPUSH', 'queue', n],
    ['RPOP', 'queue'],
    ['SADD', 'big-set', `moving-${near}`],
    ['SREM', 'big-set', `moving-${(turn + 25) % 50}`],
    ['HINCRBY', 'big-hash', `field-${turn % 3_000}`, '1'],
    ['PEXPIRE', 'hot-counter', String(60_000 + (turn % 2) * 30_000)],
  ];
}
