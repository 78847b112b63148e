/** The part of a Redis client that the check needs. */
export interface CheckedStore {
  info(): Promise<string>;
  config(subcommand: 'GET', name: string): Promise<unknown>;
}

/** What is wrong with the bot's own store: refusals keep it from starting, warnings are said loudly. */
export interface StoreVerdict {
  refusals: string[];
  warnings: string[];
}

/** BullMQ's own floor, and what it recommends. */
const MIN_VERSION = '5.0';
const RECOMMENDED_VERSION = '6.2';

/**
 * Looks at the store before anything relies on it: a store that evicts would forget journals, one without persistence
 * forgets them when it restarts. What cannot be read counts as wrong. Never rejects.
 */
export async function checkStore(redis: CheckedStore): Promise<StoreVerdict> {
  const info = await readAll(redis);
  if (typeof info === 'string') {
    const message = `The store that REDIS_URL names cannot be checked: INFO says "${info}". Allow the bot's user to run INFO.`;
    return { refusals: [message], warnings: [] };
  }
  const verdict: StoreVerdict = { refusals: [], warnings: [] };
  judgeVersion(info.get('redis_version') ?? '', verdict);
  const policy = info.get('maxmemory_policy') ?? (await readSetting(redis, 'maxmemory-policy'));
  if (policy !== 'noeviction') {
    verdict.refusals.push(
      `The store's maxmemory-policy is ${policy ?? 'not readable'}; it must be noeviction, or a full store would forget running upgrades. ` +
        'Run: redis-cli CONFIG SET maxmemory-policy noeviction (and put it into redis.conf, or into the console of a managed store).',
    );
  }
  const warning = await warnOfPersistence(redis, info);
  if (warning !== undefined) verdict.warnings.push(warning);
  return verdict;
}

function judgeVersion(version: string, verdict: StoreVerdict): void {
  if (!isAtLeast(version, MIN_VERSION)) {
    verdict.refusals.push(
      `REDIS_URL names a store of version ${version || 'unknown'}; ${MIN_VERSION} or later is needed, ${RECOMMENDED_VERSION} is recommended.`,
    );
  } else if (!isAtLeast(version, RECOMMENDED_VERSION)) {
    verdict.warnings.push(
      `The store is of version ${version}; ${RECOMMENDED_VERSION} or later is recommended for the queue.`,
    );
  }
}

/** False for what is not a version. */
function isAtLeast(version: string, floor: string): boolean {
  const [major = Number.NaN, minor = 0] = version.split('.').map(Number);
  const [floorMajor = 0, floorMinor = 0] = floor.split('.').map(Number);
  return major > floorMajor || (major === floorMajor && minor >= floorMinor);
}

async function warnOfPersistence(
  redis: CheckedStore,
  info: Map<string, string>,
): Promise<string | undefined> {
  if (info.get('aof_enabled') === '1') return undefined;
  const save = await readSetting(redis, 'save');
  if (save === undefined) {
    return 'It cannot be read whether the store keeps its data when it restarts (CONFIG is not allowed). Make sure that it does: running upgrades are in it.';
  }
  if (save !== '') return undefined;
  return 'The store has NO PERSISTENCE (neither appendonly nor save): if it restarts, running upgrades are forgotten. Run: redis-cli CONFIG SET appendonly yes (and put it into redis.conf).';
}

/** Undefined where CONFIG is forbidden. */
async function readSetting(redis: CheckedStore, name: string): Promise<string | undefined> {
  try {
    const answer = await redis.config('GET', name);
    return Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : undefined;
  } catch {
    return undefined;
  }
}

/** INFO as a map of its fields, or why there is none. */
async function readAll(redis: CheckedStore): Promise<Map<string, string> | string> {
  try {
    const lines = (await redis.info()).split('\r\n').filter((line) => line.includes(':'));
    return new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
    );
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
