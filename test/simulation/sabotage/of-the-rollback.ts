import type { RedisConnection } from '../../../src/compare/wire/redis-connection.ts';
import { OUR_CONNECTION_NAME, type RedisAccess } from '../../../src/steps/redis-access.ts';
import type { RollbackMode } from '../../../src/upgrade/plan.ts';
import { PEOPLE } from '../people.ts';
import type { SimulationOptions } from '../simulate.ts';
import { type Sabotage, skipped, withStep } from './sabotage.ts';

/** Breakages of the way back after the point of no return. */
export const OF_THE_ROLLBACK: readonly Sabotage[] = [
  {
    name: 'roll back losslessly without copying the rest',
    rule: 'what changed last is copied back with writes refused',
    seed: 1,
    options: rolledBack('lossless'),
    patches: () => skipped('copy-back-rest'),
  },
  {
    name: 'roll back without fencing the target',
    rule: 'both instances never take writes at once',
    seed: 1,
    options: rolledBack('fast'),
    patches: () => skipped('fence-target', { writes: 0 }),
  },
  {
    name: 'count none of the writes that a fast rollback loses',
    rule: 'what is lost is said',
    seed: 1,
    options: rolledBack('fast'),
    patches: () => skipped('count-lost-writes', { lostWrites: 0, exact: true }),
  },
  {
    name: 'let the bot approve the rollback',
    rule: 'a rollback has an approval of its own',
    seed: 1,
    options: rolledBack('fast'),
    patches: () =>
      withStep('await-rollback-approval', (step) => ({
        run: async (context) => {
          const approval = context.state.rollback?.approval;
          if (approval?.status !== 'waiting') return step.run(context);
          const { id, digest } = approval;
          return { kind: 'decided', event: { type: 'approval_given', approvalId: id, digest } };
        },
      })),
  },
  {
    name: 'open the source while clients are on it',
    rule: 'the source is opened only after every ordinary connection to it was ended',
    seed: 1,
    options: { ...rolledBack('lossless'), faults: { kinds: ['connection-forgotten'], intensity: 4 } },
    patches: () => ({ stepDeps: (deps) => ({ ...deps, access: seeingNobody(deps.access) }) }),
  },
];

function rolledBack(mode: RollbackMode): SimulationOptions {
  return {
    faults: { intensity: 0 },
    people: (script) => ({
      ...script,
      switch: 'address',
      manner: 'approve',
      rollbackManner: 'approve',
      hesitationMs: 1_000,
      restarts: 0,
      impulses: [
        { id: 'regret', since: 'watched', atMs: 1_000, who: PEOPLE.requester, action: `roll-back-${mode}` },
      ],
    }),
  };
}

/** Whoever asks a server for its connections is told of those of the bot alone. */
function seeingNobody(access: RedisAccess): RedisAccess {
  return {
    ...access,
    use: (instance, work) =>
      access.use(instance, (connection) => {
        const blind: RedisConnection = {
          command: async (...command) => {
            const reply = await connection.command(...command);
            if (command[1] !== 'LIST' || !Buffer.isBuffer(reply)) return reply;
            const lines = reply.toString('utf8').split('\n');
            return Buffer.from(lines.filter((line) => line.includes(OUR_CONNECTION_NAME)).join('\n'));
          },
          pipeline: (commands) => connection.pipeline(commands),
          close: () => connection.close(),
        };
        return work(blind);
      }),
  };
}
