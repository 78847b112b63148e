import { Redis } from 'ioredis';
import type { FaultRule } from '../../src/sandbox/cloud/faults.ts';
import type { JournalLine } from '../../src/sandbox/demo/journal-tail.ts';
import { people, places } from '../../src/sandbox/slack/seed.ts';
import type { World } from '../../src/sandbox/world/world.ts';
import { pointOfNoReturn, upgradeSteps } from '../../src/upgrade/steps.ts';

/** One way in which an upgrade comes to its turning point. */
export interface Scenario {
  /** Where it is to turn. */
  step: string;
  how: 'abort' | 'failure';
  /** False: it turns before anybody is asked. */
  approved: boolean;
  /** Told every line of the journal once; makes the upgrade turn at its step. */
  onLine(stage: Stage, line: JournalLine): Promise<void>;
}

export interface Stage {
  world: World;
  upgradeId: string;
}

const steps = upgradeSteps('address');
const beforeApproval = steps.slice(0, steps.indexOf('await-approval') + 1);
/** As often as the bot attempts a task that fails. */
const moreThanAnybodyTries = 3;

export const scenarios: readonly Scenario[] = [
  ...beforeApproval.map((step) => ({ ...abortIn(step), approved: false })),
  ...['check-gates', 'fence-source', 'drain'].map(abortWhileCloudIsAway),
  // It looks at the cloud first and then at nothing but the two instances: it cannot be held.
  abortIn('verify-delta'),
  ...['complete-sync', 'detach-source-address'].map(abortWhileCloudIsAway),
  faultIn('fence-source', ({ source }) => ({
    action: 'ModifyInstanceReadOnly',
    instanceId: source.id,
    times: moreThanAnybodyTries,
    fault: { kind: 'fail-task', message: 'on demand' },
  })),
  failIn('drain', async ({ world }) => world.cloud.failSyncJob(newestJob(world), 'errmsg: the stream broke')),
  { ...failIn('drain', ({ world }) => writeBehind(world)), step: 'verify-delta' },
  faultIn('complete-sync', () => ({
    action: 'CompleteMigrateJob',
    times: 1,
    fault: { kind: 'error', code: 'FailedOperation.StatusInConflict' },
  })),
  faultIn('detach-source-address', ({ source }) => failingMove(source.id)),
  faultIn('attach-target-address', ({ target }) => failingMove(target.id)),
];

/** Steps up to the point of no return that no scenario turns at; a step added later is not to be forgotten. */
export function untriedSteps(): string[] {
  const upToReturn = steps.slice(0, steps.indexOf(pointOfNoReturn('address')) + 1);
  return upToReturn.filter((name) => !scenarios.some(({ step }) => step === name));
}

/** A person types it as soon as the step has begun. */
function abortIn(step: string): Scenario {
  return {
    step,
    how: 'abort',
    approved: true,
    onLine: async (stage, line) => {
      if (begins(line, step)) await typeAbort(stage);
    },
  };
}

/** The cloud answers nothing but errors while the step runs, so a person gives up; by then the cloud is back. */
function abortWhileCloudIsAway(step: string): Scenario {
  return {
    step,
    how: 'abort',
    approved: true,
    onLine: async (stage, line) => {
      const { faults } = stage.world.cloud;
      if (begins(line, step)) {
        faults.add({ fault: { kind: 'error', code: 'InternalError' } });
        await typeAbort(stage);
      }
      if (line.type === 'abort_requested') faults.clear();
    },
  };
}

/** Set before the cutover: it strikes when the step makes that call. */
function faultIn(step: string, rule: (world: World) => FaultRule): Scenario {
  return {
    step,
    how: 'failure',
    approved: true,
    onLine: async ({ world }, line) => {
      if (begins(line, 'check-gates')) world.cloud.faults.add(rule(world));
    },
  };
}

function failIn(step: string, act: (stage: Stage) => Promise<void>): Scenario {
  return {
    step,
    how: 'failure',
    approved: true,
    onLine: async (stage, line) => {
      if (begins(line, step)) await act(stage);
    },
  };
}

function failingMove(instanceId: string): FaultRule {
  const fault = { kind: 'fail-task', message: 'on demand' } as const;
  return { action: 'ModifyNetworkConfig', instanceId, times: moreThanAnybodyTries, fault };
}

function begins({ type, step }: JournalLine, wanted: string): boolean {
  return type === 'step_started' && step === wanted;
}

async function typeAbort({ world, upgradeId }: Stage): Promise<void> {
  const text = `/redis-upgrade abort ${upgradeId}`;
  const outcome = await world.slack.command({ user: people.requester, channel: places.redisOps, text });
  if (!outcome.ok) throw new Error(`${text} was answered with ${outcome.error}`);
}

/** A key that only the target has: no upgrade may go on from there. */
async function writeBehind(world: World): Promise<void> {
  const redis = new Redis(await world.innerEndpoint(world.target));
  try {
    await redis.set('written-behind-the-back', '1');
  } finally {
    redis.disconnect();
  }
}

function newestJob(world: World): string {
  for (const { parameters } of [...world.cloud.calls].reverse()) {
    const id = /"JobId":"([^"]+)"/.exec(JSON.stringify(parameters))?.[1];
    if (id !== undefined) return id;
  }
  throw new Error('There is no sync job');
}
