/** What a key holds. `counter` is only ever INCRed; `register` holds a growing number and is only ever GETSET. */
export type KeyKind = 'string' | 'hash' | 'list' | 'set' | 'zset' | 'counter' | 'register';

/**
 * One key of the traffic. Each write has a token of its own and leaves it in the key, so that a write which got lost is
 * missing for ever, whatever was written after it.
 */
export interface TrackedKey {
  readonly name: string;
  readonly kind: KeyKind;
  /** Written with a time to live, in the same command. */
  readonly expires: boolean;
  /** Tokens of acknowledged writes: they must be there. Unused by counters and registers. */
  readonly tokens: Set<string>;
  /** Counter: last acknowledged reply. Register: last acknowledged value. */
  value: number;
  /** Writes under way. */
  inFlight: number;
  /**
   * `closed`: no more writes will be made to it. `removing`: a DEL was sent and not acknowledged, so the key is whole or gone.
   * `removed`: it must be gone.
   */
  state: 'open' | 'closed' | 'removing' | 'removed';
}

export function newKey(name: string, kind: KeyKind, expires = false): TrackedKey {
  return { name, kind, expires, tokens: new Set(), value: 0, inFlight: 0, state: 'open' };
}

/** The token's number: score of a sorted set's member. Tokens look like `3.1f`: client, then a number in base 36. */
export function scoreOf(token: string): number {
  return Number.parseInt(token.slice(token.indexOf('.') + 1), 36);
}

const valueBytes = 64;

/** The value written with a token: the token and some ballast. */
export function payloadOf(token: string): string {
  return `${token}:`.padEnd(valueBytes, 'redis');
}

/** The command that reads all of a key. Keys are kept small by the writers, so no reply is large. */
export function readCommand(key: Pick<TrackedKey, 'name' | 'kind'>): [string, ...string[]] {
  switch (key.kind) {
    case 'hash':
      return ['hgetall', key.name];
    case 'list':
      return ['lrange', key.name, '0', '-1'];
    case 'set':
      return ['smembers', key.name];
    case 'zset':
      return ['zrange', key.name, '0', '-1', 'WITHSCORES'];
    default:
      return ['get', key.name];
  }
}

/**
 * The acknowledged writes that are missing from what `readCommand` answered: tokens, or a word about a number that went
 * back or a deleted key that is there. `ttlMs` is PTTL's answer, asked only of keys that expire.
 */
export function lostOf(key: TrackedKey, reply: unknown, ttlMs: number | undefined): string[] {
  const found = elementsOf(key.kind, reply);
  if (key.state === 'removed') return found.size > 0 ? ['DEL'] : [];
  if (key.state === 'removing' && found.size === 0) return [];
  if (key.kind === 'counter' || key.kind === 'register') return lostNumbers(key, reply);
  const lost = [...key.tokens].filter((token) => found.get(token) !== expectedOf(key.kind, token));
  // The time to live was part of the write: an immortal key has lost half of it.
  if (lost.length === 0 && key.expires && key.tokens.size > 0 && (ttlMs === undefined || ttlMs <= 0)) {
    return [...key.tokens];
  }
  return lost;
}

function lostNumbers(key: TrackedKey, reply: unknown): string[] {
  const found = typeof reply === 'string' ? Number(reply) : 0;
  if (found >= key.value) return [];
  if (key.kind === 'register') return [`value ${key.value}`];
  return Array.from({ length: key.value - found }, (_, i) => `increment ${found + i + 1}`);
}

function expectedOf(kind: KeyKind, token: string): string {
  if (kind === 'zset') return String(scoreOf(token));
  return kind === 'list' || kind === 'set' ? token : payloadOf(token);
}

/** Token to what it came with. Unreadable replies have no elements, so everything counts as lost. */
function elementsOf(kind: KeyKind, reply: unknown): Map<string, string> {
  if (typeof reply === 'string') return new Map([[reply.slice(0, reply.indexOf(':')), reply]]);
  if (Array.isArray(reply)) return listElements(kind, reply.map(String));
  if (reply !== null && typeof reply === 'object' && kind === 'hash') {
    return new Map(Object.entries(reply).map(([field, value]) => [field, String(value)]));
  }
  return new Map();
}

function listElements(kind: KeyKind, items: string[]): Map<string, string> {
  if (kind !== 'zset' && kind !== 'hash') return new Map(items.map((item) => [item, item]));
  const found = new Map<string, string>();
  for (let i = 0; i + 1 < items.length; i += 2) found.set(items[i] ?? '', items[i + 1] ?? '');
  return found;
}
