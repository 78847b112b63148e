import type { Redis } from 'ioredis';
import type { StoreKeys } from './store-keys.ts';

/** The right to act for one upgrade, for a limited time. The token fences off whoever held it before. */
export interface Lease {
  token: string;
  /** Aborted as soon as the lease is known to be lost. */
  signal: AbortSignal;
  /**
   * Throws when the lease is lost, or its time was over before it was renewed although nobody noticed yet: a process that stood
   * still may go on where it was before its own timers had their turn. To be asked right before something is changed.
   */
  assertHeld(): void;
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

export function createLeases(options: LeaseOptions): Leases {
  const { redis, keys, leaseMs, newToken } = options;
  return {
    async acquire(name) {
      const held = { key: keys.lease(name), name, token: newToken() };
      const askedAt = performance.now();
      const busyMs = Number(await redis.eval(ACQUIRE, 1, held.key, held.token, leaseMs));
      if (busyMs > 0) return { busyMs };
      const renewal = keepRenewing(options, held, askedAt);
      return {
        token: held.token,
        signal: renewal.signal,
        assertHeld: renewal.assertHeld,
        release: async () => {
          renewal.stop();
          await redis.eval(RELEASE, 1, held.key, held.token);
        },
      };
    },
  };
}

/**
 * Renews until stopped. The lease counts as lost as soon as the store says so, a renewal fails, or none was answered while
 * the last one was good: a command that waits for its connection to come back says nothing for a long time.
 */
function keepRenewing(
  { redis, leaseMs }: LeaseOptions,
  held: { key: string; name: string; token: string },
  acquiredAt: number,
): { signal: AbortSignal; assertHeld(): void; stop(): void } {
  const lost = new AbortController();
  let stopped = false;
  const lose = (why: string, cause?: unknown) => {
    if (stopped) return;
    stop();
    lost.abort(new Error(`The lease of ${held.name} was lost: ${why}`, { cause }));
  };
  let goodUntilAt = acquiredAt + leaseMs;
  const runOut = () => lose(`the store did not answer within ${leaseMs} ms`);
  const goodUntil = (askedAt: number) => {
    goodUntilAt = askedAt + leaseMs;
    return setTimeout(runOut, goodUntilAt - performance.now());
  };
  let deadline = goodUntil(acquiredAt);
  const renewal = setInterval(() => {
    const askedAt = performance.now();
    redis.eval(RENEW, 1, held.key, held.token, leaseMs).then(
      (answer) => {
        if (stopped) return;
        if (answer !== 1) return lose('the store no longer has it');
        clearTimeout(deadline);
        deadline = goodUntil(askedAt);
      },
      (cause) => lose('the store could not be asked', cause),
    );
  }, leaseMs / 3);
  function stop() {
    stopped = true;
    clearInterval(renewal);
    clearTimeout(deadline);
  }
  function assertHeld() {
    if (performance.now() >= goodUntilAt) runOut();
    lost.signal.throwIfAborted();
  }
  return { signal: lost.signal, assertHeld, stop };
}
