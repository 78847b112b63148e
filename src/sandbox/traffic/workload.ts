import type { Redis } from 'ioredis';
import type { Ledger } from './ledger.ts';
import type { TrafficSettings } from './protocol.ts';
import { type KeyKind, payloadOf, scoreOf, type TrackedKey } from './tracked-key.ts';

/** One write that a client is about to make. */
export interface Write {
  token: string;
  keys: TrackedKey[];
  /** A script makes it. */
  scripted: boolean;
  /** Sends it. Resolves when the server acknowledged all of it, and has then told the ledger what the replies showed. */
  send(redis: Redis): Promise<void>;
}

export interface WorkloadOptions {
  ledger: Ledger;
  random: () => number;
  /** First part of every key's name, this client's alone. */
  prefix: string;
  client: number;
  clusterSafe: boolean;
  kinds: TrafficSettings['kinds'];
  scriptShare: number;
}

/** Elements in one hash, list, set or sorted set before the next one is begun. */
const maxElementsPerKey = 100;
/** Strings written to be deleted wait until this many newer ones have been written. */
const scratchDelay = 20;
/** Far longer than any run: a key that expires while somebody counts is no lost write. */
const timeToLiveSeconds = 24 * 3600;

/** Writes to a set, a hash and a counter at once: the writes of a script are subject to other rules than plain ones. */
const scriptText = `redis.call('SADD', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return redis.call('INCR', KEYS[3])`;

type Maker = () => Write;

/** What one client writes: every type, counters, times to live, deletes, transactions and scripts, in a fixed mixture. */
export class Workload {
  readonly #options: WorkloadOptions;
  readonly #current = new Map<string, TrackedKey>();
  readonly #scratch: TrackedKey[] = [];
  readonly #mixture: [weight: number, make: Maker][];
  #sequence = 0;
  #registerValue = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
    this.#mixture = [
      [22, () => this.#string(false)],
      [8, () => this.#string(true)],
      [12, () => this.#hash()],
      [11, () => this.#list()],
      [9, () => this.#set()],
      [10, () => this.#sortedSet()],
      [7, () => this.#counter()],
      [8, () => this.#transaction()],
    ];
    if (options.kinds === 'all') {
      this.#mixture.push([5, () => this.#register()], [8, () => this.#deleted()]);
      // Keys of two slots in one command: only where no cluster is involved.
      if (!options.clusterSafe)
        this.#mixture.push([3, () => this.#severalStrings()], [3, () => this.#renamed()]);
    }
  }

  next(): Write {
    if (this.#options.random() < this.#options.scriptShare) return this.#script();
    const total = this.#mixture.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.#options.random() * total;
    for (const [weight, make] of this.#mixture) {
      left -= weight;
      if (left < 0) return make();
    }
    return this.#string(false);
  }

  #string(expires: boolean): Write {
    const token = this.#token();
    const key = this.#once(`${expires ? 'session' : 'string'}:${token}`, expires);
    return write(token, [key], async (redis) => {
      if (expires) await redis.setex(key.name, timeToLiveSeconds, payloadOf(token));
      else await redis.set(key.name, payloadOf(token));
    });
  }

  #hash(): Write {
    const token = this.#token();
    const key = this.#container('hash', 'hash');
    return write(token, [key], (redis) => redis.hset(key.name, token, payloadOf(token)));
  }

  #list(): Write {
    const token = this.#token();
    const key = this.#container('list', 'list');
    return write(token, [key], (redis) => redis.rpush(key.name, token));
  }

  #set(): Write {
    const token = this.#token();
    const key = this.#container('set', 'set');
    return write(token, [key], (redis) => redis.sadd(key.name, token));
  }

  #sortedSet(): Write {
    const token = this.#token();
    const key = this.#container('zset', 'zset');
    return write(token, [key], (redis) => redis.zadd(key.name, scoreOf(token), token));
  }

  #counter(): Write {
    const key = this.#lasting('counter', 'counter');
    return write(this.#token(), [key], async (redis) => {
      this.#options.ledger.counted(key, await redis.incr(key.name));
    });
  }

  #register(): Write {
    const key = this.#lasting('register', 'register');
    const value = ++this.#registerValue;
    return write(this.#token(), [key], async (redis) => {
      const before = await redis.getset(key.name, String(value));
      this.#options.ledger.exchanged(key, Number(before ?? 0), value);
    });
  }

  /** In turn a string that is going to be deleted, and the deletion of an older one. */
  #deleted(): Write {
    const oldest = this.#scratch[0];
    const due = this.#scratch.length > scratchDelay && oldest !== undefined && oldest.inFlight === 0;
    if (due) {
      this.#scratch.shift();
      return this.#removal(oldest);
    }
    const token = this.#token();
    const key = this.#options.ledger.open(this.#name(`scratch:${token}`), { kind: 'string' });
    this.#scratch.push(key);
    return write(token, [key], (redis) => redis.set(key.name, payloadOf(token)));
  }

  #removal(key: TrackedKey): Write {
    const { ledger } = this.#options;
    return write('', [], async (redis) => {
      await removeKey(ledger, key, redis.del(key.name));
    });
  }

  #transaction(): Write {
    const token = this.#token();
    const list = this.#container('tx-list', 'list');
    const zset = this.#container('tx-zset', 'zset');
    return write(token, [list, zset], async (redis) => {
      const multi = redis.multi().rpush(list.name, token).zadd(zset.name, scoreOf(token), token);
      throwFirstError(await multi.exec());
    });
  }

  #script(): Write {
    const token = this.#token();
    const set = this.#container('script-set', 'set');
    const hash = this.#container('script-hash', 'hash');
    const counter = this.#lasting('script-counter', 'counter');
    const names = [set.name, hash.name, counter.name] as const;
    const made = write(token, [set, hash, counter], async (redis) => {
      const reply = await redis.eval(scriptText, names.length, ...names, token, payloadOf(token));
      this.#options.ledger.counted(counter, Number(reply));
    });
    return { ...made, scripted: true };
  }

  #severalStrings(): Write {
    const token = this.#token();
    const [one, two] = [this.#once(`pair:${token}:a`, false), this.#once(`pair:${token}:b`, false)];
    return write(token, [one, two], (redis) =>
      redis.mset(one.name, payloadOf(token), two.name, payloadOf(token)),
    );
  }

  #renamed(): Write {
    const token = this.#token();
    const key = this.#once(`renamed:${token}`, false);
    const draft = this.#name(`draft:${token}`);
    return write(token, [key], async (redis) => {
      throwFirstError(await redis.multi().set(draft, payloadOf(token)).rename(draft, key.name).exec());
    });
  }

  /** A key for one write. */
  #once(name: string, expires: boolean): TrackedKey {
    const key = this.#options.ledger.open(this.#name(name), { kind: 'string', expires });
    key.state = 'closed';
    return key;
  }

  /** The key that takes the elements now. Keys touched together must have the client's hash tag in their names. */
  #container(role: string, kind: KeyKind): TrackedKey {
    const current = this.#current.get(role);
    if (current !== undefined && current.tokens.size + current.inFlight < maxElementsPerKey) return current;
    if (current !== undefined) current.state = 'closed';
    const key = this.#options.ledger.open(this.#name(`${role}:${this.#token()}`), { kind });
    this.#current.set(role, key);
    return key;
  }

  #lasting(role: string, kind: KeyKind): TrackedKey {
    const existing = this.#current.get(role);
    if (existing !== undefined) return existing;
    const key = this.#options.ledger.open(this.#name(role), { kind });
    this.#current.set(role, key);
    return key;
  }

  #name(rest: string): string {
    const tagged = /^(tx|script)-/.test(rest);
    return tagged
      ? `${this.#options.prefix}:{client-${this.#options.client}}:${rest}`
      : `${this.#options.prefix}:client-${this.#options.client}:${rest}`;
  }

  #token(): string {
    this.#sequence++;
    return `${this.#options.client}.${this.#sequence.toString(36)}`;
  }
}

/** Deletes through `deletion`, a DEL just sent. When it fails the key stays `removing`: the janitor tries once more. */
export async function removeKey(ledger: Ledger, key: TrackedKey, deletion: Promise<unknown>): Promise<void> {
  ledger.removing(key);
  try {
    await deletion;
    ledger.removed(key);
  } finally {
    key.inFlight--;
  }
}

function write(token: string, keys: TrackedKey[], send: (redis: Redis) => Promise<unknown>): Write {
  return {
    token,
    keys,
    scripted: false,
    send: async (redis) => {
      await send(redis);
    },
  };
}

function throwFirstError(results: [error: Error | null, result: unknown][] | null): void {
  if (results === null) throw new Error('EXEC answered nothing');
  for (const [error] of results) if (error) throw error;
}
