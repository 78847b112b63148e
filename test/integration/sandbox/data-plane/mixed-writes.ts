import type { Redis } from 'ioredis';

const script = "redis.call('hset', KEYS[1], ARGV[1], ARGV[2]) return redis.call('expire', KEYS[1], 1000)";

/** Writes of every type, some from scripts and transactions; each touches one slot only, as a cluster wants it. */
export async function writeOfEveryType(client: Redis, turn: number): Promise<void> {
  const n = turn % 50;
  switch (turn % 14) {
    case 0:
      await client.set(`string-${n}`, `value ${turn}`);
      break;
    case 1:
      await client.setex(`session-${n}`, 600 + n, 'x'.repeat(turn % 500));
      break;
    case 2:
      await client.incr(`counter-${n}`);
      break;
    case 3:
      await client.hset(`hash-${n}`, `field-${turn % 7}`, turn);
      break;
    case 4:
      await client.rpush(`list-${n}`, `element ${turn}`, 'another');
      break;
    case 5:
      await client.lpop(`list-${(n + 1) % 50}`);
      break;
    case 6:
      await client.sadd(`set-${n}`, `member ${turn}`, turn);
      break;
    case 7:
      await client.spop(`set-${(n + 3) % 50}`);
      break;
    case 8:
      await client.zadd(`zset-${n}`, turn / 3, `member ${turn}`);
      break;
    case 9:
      await client.del(`string-${(n + 9) % 50}`);
      break;
    case 10:
      await client.eval(script, 1, `by-script-${n}`, `field-${turn % 3}`, turn);
      break;
    case 11:
      await client.multi().append(`{multi-${n}}a`, 'x').incr(`{multi-${n}}b`).exec();
      break;
    case 12:
      await client.setbit(`bits-${n}`, turn % 1000, 1);
      break;
    default:
      await client.psetex(`short-${n}`, 40, 'gone soon');
  }
}

/** Clients that write all the time until `stop`; it resolves when all that was sent is acknowledged. */
export function startWriters(clients: readonly Redis[]): { turns: () => number; stop(): Promise<void> } {
  let running = true;
  let turns = 0;
  const runs = clients.map(async (client) => {
    while (running) {
      await writeOfEveryType(client, turns++);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  });
  return {
    turns: () => turns,
    stop: async () => {
      running = false;
      await Promise.all(runs);
    },
  };
}
