import type { Redis } from 'ioredis';

/** What is wrong with the bot's own store: refusals keep it from starting, warnings are said loudly. */
export interface StoreVerdict {
  refusals: string[];
  warnings: string[];
}

/** BullMQ's own floor. */
const MIN_MAJOR_VERSION = 5;

/**
 * Looks at the store before anything relies on it: a store that evicts would forget journals, one without persistence
 * forgets them when it restarts. What cannot be read counts as wrong.
 */
export async function checkStore(redis: Redis): Promise<StoreVerdict> {
  const info = parseInfo(await redis.info());
  const refusals: string[] = [];
  const warnings: string[] = [];
  const version = info.get('redis_version') ?? '';
  if (!(Number.parseInt(version, 10) >= MIN_MAJOR_VERSION)) {
    refusals.push(
      `REDIS_URL names a store of version ${version || 'unknown'}; ${MIN_MAJOR_VERSION}.0 or later is needed.`,
    );
  }
  const policy = info.get('maxmemory_policy') ?? (await readSetting(redis, 'maxmemory-policy'));
  if (policy !== 'noeviction') {
    refusals.push(
      `The store's eviction policy is ${policy ?? 'not readable'}; it must be noeviction, or upgrades could be forgotten. ` +
        'Run: redis-cli CONFIG SET maxmemory-policy noeviction (and put it into redis.conf).',
    );
  }
  if (!(await persists(redis, info))) {
    warnings.push(
      'The store has NO PERSISTENCE (neither appendonly nor save): if it restarts, running upgrades are forgotten. ' +
        'Run: redis-cli CONFIG SET appendonly yes',
    );
  }
  return { refusals, warnings };
}

async function persists(redis: Redis, info: Map<string, string>): Promise<boolean> {
  if (info.get('aof_enabled') === '1') return true;
  const save = await readSetting(redis, 'save');
  // Managed stores forbid CONFIG; a snapshot that was once saved speaks for them.
  return save === undefined ? info.get('rdb_last_bgsave_status') === 'ok' : save !== '';
}

/** Undefined where CONFIG is forbidden. */
async function readSetting(redis: Redis, name: string): Promise<string | undefined> {
  try {
    const answer = await redis.config('GET', name);
    return Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : undefined;
  } catch {
    return undefined;
  }
}

function parseInfo(text: string): Map<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}
