import type { Redis } from 'ioredis';
import { type BaseDataOptions, type BaseKey, baseData } from './base-data.ts';

type Commands = [name: string, ...args: (string | Buffer)[]][];

const commandsPerPipeline = 500;
const elementsPerCommand = 500;

/**
 * Writes the base data. Times to live count from `loadedAtMs` (since 1970), however long the loading takes. Rejects when the
 * server refuses any of it.
 */
export async function loadBaseData(
  redis: Redis,
  options: BaseDataOptions & { loadedAtMs: number },
): Promise<void> {
  let pending: Commands = [];
  for (const key of baseData(options)) {
    pending.push(...commandsFor(key, options.loadedAtMs));
    if (pending.length < commandsPerPipeline) continue;
    await send(redis, pending);
    pending = [];
  }
  await send(redis, pending);
}

async function send(redis: Redis, commands: Commands): Promise<void> {
  if (commands.length === 0) return;
  const pipeline = redis.pipeline();
  for (const command of commands) pipeline.call(...command);
  for (const [error] of (await pipeline.exec()) ?? []) {
    if (error) throw new Error(`loading the base data: ${error.message}`, { cause: error });
  }
}

function commandsFor(key: BaseKey, loadedAtMs: number): Commands {
  const commands: Commands = [];
  const name = verbs[key.kind];
  for (let at = 0; at < key.elements.length; at += elementsPerCommand) {
    const part = key.elements.slice(at, at + elementsPerCommand).map((text) => Buffer.from(text, 'latin1'));
    commands.push([name, key.name, ...(key.kind === 'zset' ? scoresFirst(part) : part)]);
  }
  if (key.ttlSeconds !== undefined) {
    commands.push(['pexpireat', key.name, String(loadedAtMs + key.ttlSeconds * 1000)]);
  }
  return commands;
}

const verbs: Record<BaseKey['kind'], string> = {
  string: 'set',
  // HSET takes several pairs only from 4.0 on.
  hash: 'hmset',
  list: 'rpush',
  set: 'sadd',
  zset: 'zadd',
};

function scoresFirst(membersAndScores: Buffer[]): Buffer[] {
  const swapped: Buffer[] = [];
  for (let i = 0; i + 1 < membersAndScores.length; i += 2) {
    const [member, score] = membersAndScores.slice(i, i + 2);
    if (member !== undefined && score !== undefined) swapped.push(score, member);
  }
  return swapped;
}
