import type { Cloud } from '../../../src/cloud/cloud.ts';
import type { RedisConnection } from '../../../src/compare/wire/redis-connection.ts';
import type { RedisAccess } from '../../../src/steps/redis-access.ts';
import { type Sabotage, skipped, withStep, withSteps } from './sabotage.ts';

const LOSSY_JOB = { faults: { kinds: ['lag-grows', 'job-drops-its-rest'], intensity: 2 } } as const;
const LEAKY_FENCE = { faults: { kinds: ['fence-lets-scripts-through'], intensity: 4 } } as const;
const LOSSY_COPY = { faults: { kinds: ['copy-misses-a-change'], intensity: 2 }, clients: 8 } as const;
const BROKEN_JOB = { faults: { kinds: ['job-fails'], intensity: 4 } } as const;

/** Breakages of what keeps writes from being lost: the fence, and the proofs behind it. */
export const OF_THE_COPY: readonly Sabotage[] = [
  {
    name: 'skip the fence',
    rule: 'writes are refused before the copy is drained',
    seed: 1,
    patches: () => skipped('fence-source', { writes: 0 }),
  },
  {
    name: 'prove the fence by a plain write only',
    rule: 'the fence is proved with a plain write and with a script',
    seed: 1,
    options: LEAKY_FENCE,
    patches: () => ({ stepDeps: (deps) => ({ ...deps, access: withoutScripts(deps.access) }) }),
  },
  {
    name: 'count no writes behind the fence',
    rule: 'the fence holds only when no write is executed any more',
    seed: 14,
    patches: () =>
      withSteps(
        withStep('fence-source', (step) => ({
          run: async (context) => {
            const result = await step.run(context);
            const asked = context.step.intents.some(({ action }) => action === 'set-read-only');
            return asked && result.kind === 'again' ? { kind: 'succeeded', output: { writes: 0 } } : result;
          },
        })),
      ),
  },
  {
    name: 'drain with any lag, and compare nothing behind the fence',
    rule: 'the copy has everything before the address moves',
    seed: 9,
    options: LOSSY_JOB,
    patches: () => withSteps(skipped('drain'), skipped('verify-delta')),
  },
  {
    name: 'drain with any lag',
    rule: 'lag 0 by every metric, several times in a row',
    seed: 9,
    patches: () => skipped('drain'),
  },
  {
    name: 'compare nothing behind the fence',
    rule: 'what changed since the last comparison is compared before the address moves',
    seed: 2,
    options: LOSSY_COPY,
    patches: () => skipped('verify-delta'),
  },
  {
    name: 'release the address before the drain',
    rule: 'the address moves only after the copy has everything',
    seed: 1,
    patches: () => ({
      steps: (steps) => ({
        ...steps,
        'fence-source': { ...steps['fence-source'], run: steps['detach-source-address'].run },
      }),
    }),
  },
  {
    name: 'leave the sync job running',
    rule: 'the sync job is completed before the target serves',
    seed: 1,
    patches: () => skipped('complete-sync'),
  },
  {
    name: 'take a broken sync job for a completed one, and compare nothing behind the fence',
    rule: 'a sync job in a broken or unknown state is no success',
    seed: 8,
    options: BROKEN_JOB,
    patches: () => ({ ...skipped('verify-delta'), cloud: hopeful }),
  },
];

/** Sees a running job in every broken one, and in a broken one that was to be completed a completed one. */
function hopeful(cloud: Cloud): Cloud {
  const completed = new Set<string>();
  return {
    ...cloud,
    readSyncJob: async (ref, options) => {
      const job = await cloud.readSyncJob(ref, options);
      if (job.status !== 'failed' && job.status !== 'interrupted') return job;
      return { ...job, status: completed.has(ref.id) ? 'completed' : 'catching-up', error: '' };
    },
    completeSyncJob: async (ref) => {
      completed.add(ref.id);
      await cloud.completeSyncJob(ref).catch(() => undefined);
    },
  };
}

/** A script's write is judged by what a plain one would come to. */
function withoutScripts(access: RedisAccess): RedisAccess {
  return {
    ...access,
    use: (instance, work) =>
      access.use(instance, (connection) => {
        const plain: RedisConnection = {
          command: (...command) =>
            command[0] === 'EVAL'
              ? connection.command('DEL', ...command.slice(3))
              : connection.command(...command),
          pipeline: (commands) => connection.pipeline(commands),
          close: () => connection.close(),
        };
        return work(plain);
      }),
  };
}
