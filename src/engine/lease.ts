import type { Redis } from 'ioredis';
import type { StoreKeys } from './store-keys.ts';

/** The right to act for one upgrade, for a limited time. The token fences off whoever held it before. */
export interface Lease {
  token: string;
  /** Aborted as soon as the lease is known to be lost. */
  signal: AbortSignal;
  release(): Promise<void>;
}

export interface Leases {
  /** The lease, or for how many more milliseconds somebody else has it at most. */
  acquire(name: string): Promise<Lease | { busyMs: number }>;
}

/**
 * Input   KEYS 1 lease   ARGV 1 token, 2 time to live in ms
 * Output  0 acquired, else the milliseconds the present holder has left
 */
const ACQUIRE = `
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
return math.max(1, redis.call('PTTL', KEYS[1]))`;

/** KEYS 1 lease  ARGV 1 token, 2 time to live in ms. Output 1 when it is still ours. */
const RENEW = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** KEYS 1 lease  ARGV 1 token. */
const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

export interface LeaseOptions {
  redis: Redis;
  keys: StoreKeys;
  /** How long a crashed holder keeps others out. Renewed three times in that time while it lives. */
  leaseMs: number;
  /** A token never used before: a store that lost its last second must not hand out the same one twice. */
  newToken(): string;
}

export function createLeases({ redis, keys, leaseMs, newToken }: LeaseOptions): Leases {
  return {
    async acquire(name) {
      const key = keys.lease(name);
      const token = newToken();
      const busyMs = Number(await redis.eval(ACQUIRE, 1, key, token, leaseMs));
      if (busyMs > 0) return { busyMs };
      const lost = new AbortController();
      const renewal = setInterval(() => {
        redis.eval(RENEW, 1, key, token, leaseMs).then(
          (held) => {
            if (held !== 1) lost.abort(new Error(`The lease of ${name} was lost`));
          },
          // A store that cannot be reached: the append that follows is fenced, so nothing is decided on a guess.
          (cause) => lost.abort(cause),
        );
      }, leaseMs / 3);
      return {
        token,
        signal: lost.signal,
        release: async () => {
          clearInterval(renewal);
          await redis.eval(RELEASE, 1, key, token);
        },
      };
    },
  };
}
