import type { Journal } from '../../../src/engine/journal.ts';
import type { StepContext, StepDefinition, StepResult } from '../../../src/upgrade/step-definition.ts';
import { STEP_NAMES, type StepName } from '../../../src/upgrade/steps.ts';
import { approvalRequested } from '../../unit/upgrade/samples.ts';

/** The steps that change something in the world; the others only look. */
export const CHANGING: readonly StepName[] = [
  'align-target',
  'create-sync-job',
  'fence-source',
  'detach-source-address',
  'attach-target-address',
];

/** What the fake steps act on. A set cannot hold a thing twice: what counts is that it is there exactly when it should be. */
export interface World {
  effects: Set<StepName>;
  /** Every change, in order: `+fence-source`, `-fence-source`. */
  changes: string[];
  /** The steps that cannot be done. */
  broken: Set<StepName>;
}

export function newWorld(broken: StepName[] = []): World {
  return { effects: new Set(), changes: [], broken: new Set(broken) };
}

type Overrides = Partial<Record<StepName, Partial<Pick<StepDefinition, 'run' | 'undo' | 'patienceMs'>>>>;

/** A runbook of tiny steps that look before they act, over a world in memory. */
export function fakeSteps(world: World, overrides: Overrides = {}): Record<StepName, StepDefinition> {
  const steps = STEP_NAMES.map((name): [StepName, StepDefinition] => [
    name,
    {
      name,
      title: name,
      describe: () => name,
      describeUndo: name,
      patienceMs: 1_000,
      run: (context) => run(world, name, context),
      undo: CHANGING.includes(name) ? (context) => undo(world, name, context) : { none: 'it only looks' },
      ...overrides[name],
    },
  ]);
  return Object.fromEntries(steps) as Record<StepName, StepDefinition>;
}

async function run(world: World, name: StepName, context: StepContext): Promise<StepResult> {
  if (world.broken.has(name))
    return { kind: 'failed', error: { code: 'broken', message: `${name} is broken` } };
  if (name === 'await-approval') return awaitApproval(context);
  if (CHANGING.includes(name) && !world.effects.has(name)) {
    await context.intend('add', { name });
    world.effects.add(name);
    world.changes.push(`+${name}`);
    await context.note({ added: name });
    return { kind: 'again', afterMs: 10 };
  }
  return { kind: 'succeeded', output: name === 'create-sync-job' ? { syncJobId: 'sync-1' } : {} };
}

function awaitApproval({ state }: StepContext): StepResult {
  if (state.approval?.status === 'given') return { kind: 'succeeded', output: {} };
  if (state.approval?.status === 'waiting') return { kind: 'again', afterMs: 60_000 };
  return { kind: 'decided', event: approvalRequested('ap-1', 10 ** 12) };
}

async function undo(world: World, name: StepName, context: StepContext) {
  if (!world.effects.has(name)) return { kind: 'undone' } as const;
  await context.intend('remove', { name });
  world.effects.delete(name);
  world.changes.push(`-${name}`);
  await context.note({ removed: name });
  return { kind: 'again', afterMs: 10 } as const;
}

export class CrashError extends Error {}

/** A journal over which the process dies: at its append number `at`, before or after the store has it; dead from there on. */
export function crashingJournal(journal: Journal, at: number, when: 'before' | 'after'): Journal {
  let appends = 0;
  return {
    ...journal,
    async append(upgradeId, event, token) {
      appends += 1;
      if (appends > at || (appends === at && when === 'before')) throw new CrashError('died');
      const said = await journal.append(upgradeId, event, token);
      if (appends === at) throw new CrashError('died');
      return said;
    },
  };
}
