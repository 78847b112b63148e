import type { FaultRule } from '../../src/sandbox/cloud/faults.ts';
import type { Fault as SlackFault } from '../../src/sandbox/slack/web-api/faults.ts';
import { type Landscape, landscapeFor, type Pair } from '../../src/sandbox/world/landscape.ts';
import { rollbackSteps, upgradeSteps } from '../../src/upgrade/steps.ts';
import { createDice, type Dice } from './dice.ts';
import { drawLastingCloudFault, drawPassingCloudFault, drawSlackFault } from './draw-faults.ts';

/** So long after the journal first says that this step was started, or that anything is undone. */
export interface Moment {
  at: string;
  afterMs: number;
}

/** What somebody or something does to the upgrade. */
export type Deed =
  | { kind: 'kill'; workers: readonly number[]; downMs: number }
  /** Stopped in the middle of whatever it does, for longer than its lease may last: it wakes up late. */
  | { kind: 'freeze'; worker: number; forMs: number }
  | { kind: 'restart-store'; how: 'gently' | 'hard' }
  | { kind: 'cloud'; rule: FaultRule }
  | { kind: 'slack-down'; forMs: number }
  | { kind: 'slack'; fault: SlackFault }
  | { kind: 'break-sync-job' }
  | { kind: 'abort' }
  /** After the cutover, without losing a write. */
  | { kind: 'roll-back' };

export interface Injection {
  moment: Moment;
  deed: Deed;
}

export interface ChaosPlan {
  nr: number;
  pair: Pair;
  seed: number;
  socketMode: boolean;
  slackRateLimits: boolean;
  replicationDelayMs: number;
  /** The longest that a task or a transition in the cloud takes. */
  cloudTaskMs: number;
  approval: { lateMs: number; clicks: number };
  /** The finished upgrade is watched for so long: long enough to ask for the way back, where that is planned. */
  soakSeconds: number;
  injections: Injection[];
}

const pairs: readonly Pair[] = [
  { from: '2.8', to: 'standard' },
  { from: '2.8', to: 'cluster' },
  { from: '4.0', to: 'cluster' },
];
/** More often than the others: here writes are fenced and addresses move. */
const dangerousSteps = [
  'check-gates',
  'fence-source',
  'drain',
  'verify-delta',
  'complete-sync',
  'detach-source-address',
  'attach-target-address',
  'probe',
] as const;
const [firstStep = 'assess', ...laterSteps] = upgradeSteps('address');
const [firstStepBack = 'check-rollback', ...laterStepsBack] = rollbackSteps('address', 'lossless');
const rollbackShare = 0.3;

/** Everything about the upgrade of this number, from the seed and nothing else. */
export function drawPlan(seed: number, nr: number): ChaosPlan {
  const dice = createDice(seed * 100_003 + nr);
  const pair = pairs[(nr - 1) % pairs.length] ?? { from: '2.8', to: 'standard' };
  const back = dice.chance(rollbackShare);
  return {
    nr,
    pair,
    seed: dice.between(1, 1_000_000),
    socketMode: dice.chance(0.4),
    slackRateLimits: dice.chance(0.5),
    replicationDelayMs: dice.chance(0.5) ? dice.between(5, 150) : 0,
    cloudTaskMs: dice.pick([0, 100, 300, 600]),
    approval: { lateMs: dice.chance(0.5) ? dice.between(500, 2_500) : 0, clicks: dice.between(1, 2) },
    soakSeconds: back ? 20 : 1,
    injections: drawInjections(dice, { landscape: landscapeFor(pair), back }),
  };
}

function drawInjections(dice: Dice, upgrade: { landscape: Landscape; back: boolean }): Injection[] {
  const { landscape, back } = upgrade;
  const deeds = [
    ...several(dice.between(1, 4), () => drawKill(dice)),
    ...several(dice.between(0, 1), () => drawFreeze(dice)),
    ...several(dice.chance(0.7) ? 1 : 0, () => drawStoreRestart(dice)),
    ...several(dice.between(1, 5), (): Deed => ({ kind: 'cloud', rule: drawPassingCloudFault(dice) })),
    ...several(dice.between(0, 2), () => drawSlackTrouble(dice)),
    ...several(!back && dice.chance(0.25) ? 1 : 0, () => drawEnd(dice, landscape)),
  ];
  const injections = deeds.map((deed) => ({ moment: drawMoment(dice, back), deed }));
  if (!back) return injections;
  const moment = { at: 'soak', afterMs: dice.between(300, 1_500) };
  return [...injections, { moment, deed: { kind: 'roll-back' } }];
}

function drawMoment(dice: Dice, back: boolean): Moment {
  const afterMs = dice.chance(0.4) ? dice.between(0, 40) : dice.between(0, 800);
  if (dice.chance(0.12)) return { at: 'undo', afterMs };
  if (back && dice.chance(0.5)) return { at: dice.pick([firstStepBack, ...laterStepsBack]), afterMs };
  return {
    at: dice.chance(0.5) ? dice.pick(dangerousSteps) : dice.pick([firstStep, ...laterSteps]),
    afterMs,
  };
}

function drawKill(dice: Dice): Deed {
  const workers = dice.pick<readonly number[]>([[0], [1], [0, 1]]);
  return { kind: 'kill', workers, downMs: dice.chance(0.5) ? 0 : dice.between(0, 3_000) };
}

function drawFreeze(dice: Dice): Deed {
  return { kind: 'freeze', worker: dice.between(0, 1), forMs: dice.between(500, 4_000) };
}

function drawStoreRestart(dice: Dice): Deed {
  return { kind: 'restart-store', how: dice.chance(0.7) ? 'hard' : 'gently' };
}

function drawSlackTrouble(dice: Dice): Deed {
  if (dice.chance(0.5)) return { kind: 'slack-down', forMs: dice.between(500, 5_000) };
  return { kind: 'slack', fault: drawSlackFault(dice) };
}

function drawEnd(dice: Dice, landscape: Landscape): Deed {
  if (dice.chance(0.25)) return { kind: 'abort' };
  if (dice.chance(0.2)) return { kind: 'break-sync-job' };
  const pair = { source: landscape.sourceId, target: landscape.targetId };
  return { kind: 'cloud', rule: drawLastingCloudFault(dice, pair) };
}

function several<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

/** A deed in a few words, for the table. */
export function wordsOf(deed: Deed): string {
  switch (deed.kind) {
    case 'kill':
      return `SIGKILL ${deed.workers.map((worker) => `bot ${worker + 1}`).join(' and ')}, down ${deed.downMs} ms`;
    case 'freeze':
      return `bot ${deed.worker + 1} frozen ${deed.forMs} ms`;
    case 'restart-store':
      return deed.how === 'hard' ? 'store SIGKILLed and restarted' : 'store restarted';
    case 'cloud':
      return cloudWords(deed.rule);
    case 'slack-down':
      return `Slack down ${deed.forMs} ms`;
    case 'slack':
      return `Slack ${deed.fault.method} ${deed.fault.kind} ×${deed.fault.times}`;
    case 'break-sync-job':
      return 'sync job broken';
    case 'abort':
      return 'abort typed';
    case 'roll-back':
      return 'lossless rollback typed';
  }
}

function cloudWords({ action, instanceId, times, fault }: FaultRule): string {
  const detail =
    fault.kind === 'slow' ? ` ${fault.ms} ms` : fault.kind === 'throttle' ? ` ${fault.forMs} ms` : '';
  const code = 'code' in fault && fault.code !== undefined ? ` ${fault.code}` : '';
  const where = [action, instanceId].filter((part) => part !== undefined).join(' of ');
  return `${where === '' ? '' : `${where}: `}${fault.kind}${detail}${code}${times === undefined ? '' : ` ×${times}`}`;
}
