import type { RedisConnection } from '../../../src/compare/redis-connection.ts';
import { encodeCommands } from '../../../src/compare/resp-commands.ts';

const TURN_MS = 10;
const PACE_MS = 2;

/** A client that writes `writesOf(turn)` every 10 ms until the work is done; says how many writes were made. */
export async function whileWriting<Result>(
  client: RedisConnection,
  writesOf: (turn: number) => string[][],
  work: () => Promise<Result>,
): Promise<{ result: Result; writes: number }> {
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
    return { result: await work(), writes };
  } finally {
    isDone = true;
    await written;
  }
}
