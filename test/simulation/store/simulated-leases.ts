import type { Lease, Leases } from '../../../src/engine/lease.ts';
import type { History } from '../history.ts';
import type { SimulatedProcess } from '../process.ts';
import type { MemoryStore } from './memory-store.ts';
import type { StorePort } from './store-port.ts';

interface Parts {
  store: MemoryStore;
  port: StorePort;
  history: History;
  process: SimulatedProcess;
  leaseMs: number;
  now: () => number;
  newToken: () => string;
}

interface Held {
  name: string;
  token: string;
}

/** Leases as the real ones behave: they expire, are renewed three times in their life, and say so when they are lost. */
export function createSimulatedLeases(parts: Parts): Leases {
  const { store, port, now, newToken, leaseMs } = parts;
  return {
    async acquire(name) {
      const held = { name, token: newToken() };
      const askedAtMs = now();
      const busyMs = await port.call('acquire', () => acquire(parts, held));
      if (busyMs > 0) return { busyMs };
      const renewal = keepRenewing(parts, held, askedAtMs);
      parts.process.tokens.set(name, held.token);
      const lease: Lease = {
        token: held.token,
        signal: renewal.signal,
        assertHeld: renewal.assertHeld,
        release: async () => {
          renewal.stop();
          if (parts.process.tokens.get(name) === held.token) parts.process.tokens.delete(name);
          await port.call('release', () => {
            if (store.leases.get(name)?.token === held.token) store.remove(store.leases, name);
          });
        },
      };
      return lease;
    },
  };

  function acquire({ history, process }: Parts, held: Held): number {
    const present = store.leases.get(held.name);
    if (present !== undefined && present.untilMs > now()) return Math.max(1, present.untilMs - now());
    store.set(store.leases, held.name, { token: held.token, untilMs: now() + leaseMs });
    history.add({ kind: 'lease', upgrade: held.name, process: process.name, token: held.token });
    return 0;
  }
}

function keepRenewing(parts: Parts, held: Held, acquiredAtMs: number) {
  const { store, port, process, leaseMs, now } = parts;
  const lost = new AbortController();
  let stopped = false;
  let goodUntilMs = acquiredAtMs + leaseMs;
  const lose = (why: string) => {
    if (stopped) return;
    stopped = true;
    lost.abort(new Error(`The lease of ${held.name} was lost: ${why}`));
  };
  const watch = () => {
    if (stopped) return;
    if (now() >= goodUntilMs) lose(`the store did not answer within ${leaseMs} ms`);
    else process.timer(goodUntilMs - now(), watch);
  };
  const renew = () => {
    if (stopped) return;
    const askedAtMs = now();
    port
      .call('renew', () => {
        const present = store.leases.get(held.name);
        if (present?.token !== held.token || present.untilMs <= now()) return false;
        store.set(store.leases, held.name, { token: held.token, untilMs: now() + leaseMs });
        return true;
      })
      .then(
        (ours) => {
          if (ours) goodUntilMs = askedAtMs + leaseMs;
          else lose('the store no longer has it');
        },
        () => lose('the store could not be asked'),
      );
    process.timer(leaseMs / 3, renew);
  };
  process.timer(leaseMs, watch);
  process.timer(leaseMs / 3, renew);
  return {
    signal: lost.signal,
    assertHeld: () => {
      if (now() >= goodUntilMs) lose(`the store did not answer within ${leaseMs} ms`);
      lost.signal.throwIfAborted();
    },
    stop: () => {
      stopped = true;
    },
  };
}
