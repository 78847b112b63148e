import type { Lease } from '../../../src/engine/lease.ts';
import type { SimulationOptions } from '../simulate.ts';
import { readAs } from './of-the-approval.ts';
import { notUndone, type Sabotage, skipped, withStep } from './sabotage.ts';

const SLOW_DRAIN_MS = 60_000;
/** The copy takes longer behind the fence than most budgets allow. */
const SLOW_DRAIN: SimulationOptions = {
  patches: withStep('drain', (step) => ({
    run: async (context) =>
      context.elapsedMs < SLOW_DRAIN_MS ? { kind: 'again', afterMs: 1_000 } : step.run(context),
  })),
};

/** Breakages of what makes a crash anywhere harmless: journal, lease, doorbells, looking before acting. */
export const OF_THE_ENGINE: readonly Sabotage[] = [
  {
    name: 'forget the token on an append',
    rule: 'whoever lost the lease writes nothing any more',
    seed: 5,
    patches: () => ({
      journal: (journal) => ({
        ...journal,
        append: (upgradeId, event) => journal.append(upgradeId, event, undefined),
      }),
    }),
  },
  {
    name: 'append without comparing the length',
    rule: 'every append is a compare-and-set',
    seed: 17,
    patches: () => ({
      journal: (journal) => ({
        ...journal,
        append: async (upgradeId, event, token) => {
          const said = await journal.append(upgradeId, event, token);
          if (said !== 'conflict') return said;
          return journal.append(upgradeId, { ...event, seq: await journal.length(upgradeId) }, token);
        },
      }),
    }),
  },
  {
    name: 'let two hold the lease',
    rule: 'one process at a time acts for an upgrade',
    seed: 1,
    patches: () => ({
      journal: (journal) => ({
        ...journal,
        append: (upgradeId, event) => journal.append(upgradeId, event, undefined),
      }),
      leases: (leases) => ({
        acquire: async (name) => {
          const lease = await leases.acquire(name);
          return 'busyMs' in lease ? NO_LEASE : lease;
        },
      }),
    }),
  },
  {
    name: 'do not notice that the lease is lost',
    rule: 'a process that stood still asks before it changes anything',
    seed: 3,
    options: { faults: { kinds: ['freeze', 'store-outage'], intensity: 4 } },
    patches: () => ({
      leases: (leases) => ({
        acquire: async (name) => {
          const lease = await leases.acquire(name);
          return 'busyMs' in lease ? lease : { ...NO_LEASE, token: lease.token, release: lease.release };
        },
      }),
    }),
  },
  {
    name: 'lose the sweep',
    rule: 'every unfinished upgrade is rung again',
    seed: 1,
    patches: () => ({ journal: (journal) => ({ ...journal, unfinished: async () => [] }) }),
  },
  {
    name: 'do not write down that it has ended',
    rule: 'both instances are let go of at the end',
    seed: 1,
    patches: () => ({
      journal: (journal) => ({
        ...journal,
        append: async (upgradeId, event, token) =>
          event.type === 'ended' ? 'appended' : journal.append(upgradeId, event, token),
      }),
    }),
  },
  {
    name: 'repeat a purchase without looking',
    rule: 'a sync job of its own is looked for before one is bought',
    seed: 6,
    options: { faults: { kinds: ['cloud-error-after', 'cloud-late', 'crash-after-call'], intensity: 3 } },
    patches: () => ({ cloud: (cloud) => ({ ...cloud, findSyncJobs: async () => [] }) }),
  },
  {
    name: 'ignore the budget of the cutover',
    rule: 'over budget everything is undone',
    seed: 8,
    options: SLOW_DRAIN,
    patches: () => ({
      journal: (journal) =>
        readAs(journal, (line) =>
          line.type === 'step_started' && line.step === 'fence-source'
            ? { ...line, atMs: line.atMs + 90_000 }
            : line,
        ),
    }),
  },
  {
    name: 'leave the sync job on the way back',
    rule: 'what costs is given back when an upgrade was undone',
    seed: 3,
    patches: () => notUndone('create-sync-job'),
  },
  {
    name: 'leave the sync job at the end',
    rule: 'tidying up isolates the sync job',
    seed: 1,
    patches: () => skipped('tidy-up'),
  },
  {
    name: 'write a password into the journal',
    rule: 'secrets stay at home',
    seed: 1,
    patches: () =>
      withStep('create-sync-job', (step, deps) => ({
        run: async (context) => {
          const password = deps.access.credential(context.state.source)?.password ?? '';
          if (context.step.note['password'] === undefined) await context.note({ password });
          return step.run(context);
        },
      })),
  },
];

/** The right to act that nobody gave and nobody takes away. */
const NO_LEASE: Lease = {
  token: 'none',
  signal: new AbortController().signal,
  assertHeld: () => undefined,
  release: async () => undefined,
};
