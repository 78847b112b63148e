import type { RollbackMode, Switch } from '../../src/upgrade/plan.ts';
import {
  pointOfNoReturn,
  pointOfNoUndoing,
  repairSteps,
  rollbackSteps,
  type StepName,
  upgradeSteps,
} from '../../src/upgrade/steps.ts';
import type { Patches } from '../simulation/bot.ts';
import { type Impulse, PEOPLE } from '../simulation/people.ts';
import { type RunReport, simulate } from '../simulation/simulate.ts';

/** One way through a step list, in a world where nothing goes wrong but what a case makes go wrong. */
export interface Journey {
  name: string;
  how: Switch;
  /** Set: the upgrade is rolled back after its cutover, and the steps are the rollback's. */
  mode: RollbackMode | undefined;
  /** Set: the target is repaired before the cutover, and the steps are the repair's. */
  repair?: 'a person' | 'the bot';
  steps: readonly StepName[];
  /** The step whose effect closes the automatic way back. */
  commits: StepName;
  /** What it comes to when it is left alone, and when it turns back. */
  arrives: 'completed' | 'rolled back';
  turnsBack: 'completed' | 'rolled back';
}

const SEED = 3;

/** Slow tasks alone reach none of these limits, and no run lasts longer than it has to. */
const SETTINGS = {
  pollFirstMs: 100,
  pollLastMs: 2_000,
  patienceMs: 30_000,
  undoPatienceMs: 60_000,
  handOverDeadlineMs: 60_000,
  approvalTtlMs: 5 * 60_000,
  verificationMaxAgeMs: 10 * 60_000,
  cutoverBudgetMs: 120_000,
  rollbackBudgetMs: 120_000,
  verifyRoundMs: 1_500,
  soakMs: 45_000,
  soakPollMs: 5_000,
};

export function upgradeBy(how: Switch): Journey {
  return {
    name: `an upgrade by ${how}`,
    how,
    mode: undefined,
    steps: upgradeSteps(how),
    commits: pointOfNoReturn(how),
    arrives: 'completed',
    turnsBack: 'rolled back',
  };
}

export function rollbackOf(how: Switch, mode: RollbackMode): Journey {
  return {
    name: `a ${mode} rollback of an upgrade by ${how}`,
    how,
    mode,
    steps: rollbackSteps(how, mode),
    commits: pointOfNoUndoing(how, mode),
    arrives: 'rolled back',
    turnsBack: 'completed',
  };
}

/** A person asks for it while the cutover waits for approval; the bot begins it by itself where the copy left expiring keys out. */
export function repairOf(repair: 'a person' | 'the bot'): Journey {
  return {
    name: `a repair that ${repair} begins`,
    how: 'address',
    mode: undefined,
    repair,
    steps: repairSteps(repair === 'the bot'),
    commits: 'repair-target',
    arrives: 'completed',
    // It is called off, and the upgrade goes on.
    turnsBack: 'completed',
  };
}

/** Keys that expire, as the copy comes across them. */
const LEFT_OUT = [1, 2].map((number) => `copy-outlives-a-key@copy#${number}`);

/** What goes wrong in a journey for it to be one. */
export function faultsOf({ repair }: Journey): readonly string[] {
  return repair === 'the bot' ? LEFT_OUT : [];
}

/** Whoever changes its address by itself has done so when the rollback is asked for. */
const REGRET_MS: Record<Switch, number> = { address: 100, code: 25_000 };

/** What goes wrong in a run: steps put aside for others, and the one fault with this name. */
export interface Trouble {
  patches?: Patches;
  fault?: string;
}

/** Any rate times this is certainty; which fault it is says its name alone. */
const CERTAIN = 1_000_000;

export function travel(journey: Journey, { patches, fault }: Trouble = {}): Promise<RunReport> {
  const { how } = journey;
  const only = new Set([...faultsOf(journey), ...(fault === undefined ? [] : [fault])]);
  return simulate(SEED, {
    clients: 1,
    faults:
      only.size === 0
        ? { intensity: 0 }
        : {
            intensity: CERTAIN,
            kinds: ['crash-before-call', 'crash-after-call', 'copy-outlives-a-key'],
            only,
          },
    people: (script) => ({
      ...script,
      switch: how,
      webhook: false,
      manner: 'approve',
      rollbackManner: 'approve',
      repairManner: 'approve',
      onDifferences: undefined,
      hesitationMs: 100,
      restarts: 0,
      impulses: impulsesOf(journey),
    }),
    patches: { ...patches, settings: SETTINGS },
  });
}

function impulsesOf({ how, mode, repair }: Journey): Impulse[] {
  const who = PEOPLE.requester;
  if (repair === 'a person') return [{ id: 'doubt', since: 'compared', atMs: 10, who, action: 'repair' }];
  if (mode === undefined) return [];
  return [{ id: 'regret', since: 'watched', atMs: REGRET_MS[how], who, action: `roll-back-${mode}` }];
}
