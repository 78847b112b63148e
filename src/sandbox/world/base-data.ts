import { seededRandom } from '../traffic/seeded-random.ts';

/** A key that is on the source before the upgrade and never written to again. Text is latin1: each character is one byte. */
export interface BaseKey {
  name: string;
  kind: 'string' | 'hash' | 'list' | 'set' | 'zset';
  /** As the server lists them: fields and values, members and scores in turn; sets in any order. */
  elements: string[];
  /** Undefined: it never expires. */
  ttlSeconds: number | undefined;
}

export interface BaseDataOptions {
  keys: number;
  seed: number;
}

/** Hundredths: 70 % strings, 10 % hashes, 8 % lists, 6 % sets, 6 % sorted sets. */
const mixture: readonly [upTo: number, kind: BaseKey['kind']][] = [
  [70, 'string'],
  [80, 'hash'],
  [88, 'list'],
  [94, 'set'],
  [100, 'zset'],
];
const stringBytes = 100;
const elementsOf: Record<BaseKey['kind'], number> = { string: 1, hash: 10, list: 20, set: 20, zset: 20 };
/** One key in so many is big; there are at most eight. */
const keysPerBigKey = 2_500;
const maxBigKeys = 8;
const bigKeyElements = 2_000;
const bigKinds = ['hash', 'list', 'set', 'zset'] as const;
/** Expiry is a real gap of every copy that runs while keys expire, so no key expires during a run. */
const shortestTtlSeconds = 2 * 3600;
const ttlSpreadSeconds = 48 * 3600;

/** The same keys for the same options: what was loaded can be told again at the end, and nobody has to remember it. */
export function* baseData({ keys, seed }: BaseDataOptions): Generator<BaseKey> {
  const bigKeys = Math.min(maxBigKeys, Math.floor(keys / keysPerBigKey));
  for (let i = 0; i < keys; i++) {
    const random = seededRandom(seed * 1_000_003 + i);
    yield i < bigKeys ? bigKey(i, random) : smallKey(i, random);
  }
}

function bigKey(i: number, random: () => number): BaseKey {
  const kind = bigKinds[i % bigKinds.length] ?? 'hash';
  const elements = elementsFor(kind, bigKeyElements, random);
  return { name: `base:big:${kind}:${i}`, kind, elements, ttlSeconds: undefined };
}

function smallKey(i: number, random: () => number): BaseKey {
  const share = random() * 100;
  const kind = mixture.find(([upTo]) => share < upTo)?.[1] ?? 'string';
  const ttlSeconds = i % 5 === 0 ? shortestTtlSeconds + Math.floor(random() * ttlSpreadSeconds) : undefined;
  const elements = elementsFor(kind, elementsOf[kind], random);
  return { name: `base:${kind}:${i}`, kind, elements, ttlSeconds };
}

function elementsFor(kind: BaseKey['kind'], count: number, random: () => number): string[] {
  const whole = () => Math.floor(random() * 2 ** 31);
  const each = (make: (i: number) => string[]) => Array.from({ length: count }, (_, i) => make(i)).flat();
  switch (kind) {
    case 'string':
      return [bytes(stringBytes, random)];
    case 'hash':
      return each((i) => [`field-${i}`, String(whole())]);
    case 'list':
      return each((i) => [`${i}:${whole()}`]);
    case 'set':
      // A third of the sets are all numbers: the server keeps those in another encoding.
      return random() < 1 / 3
        ? each((i) => [String(i * 1000 + (whole() % 1000))])
        : each((i) => [`m${i}:${whole()}`]);
    case 'zset':
      return each((i) => [`m${i}:${whole() % 1000}`, String(i + Math.floor(random() * 4) / 4)]);
  }
}

/** Any byte, those that are no text included. */
function bytes(count: number, random: () => number): string {
  return String.fromCharCode(...Array.from({ length: count }, () => Math.floor(random() * 256)));
}
