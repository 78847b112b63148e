import { afterEach, expect, test } from 'vitest';
import type { Fault } from '../../src/sandbox/cloud/faults.ts';
import type { JournalLine } from '../../src/sandbox/demo/journal-tail.ts';
import type { World } from '../../src/sandbox/world/world.ts';
import { callsOf, expectNothingTwice, finishedThread, lostWrites, runThrough, startStage } from './stage.ts';
import { wordsOf } from './words.ts';

/** Every call of an upgrade that changes something, with how often it has to take effect. */
const mutations = {
  // Into the subnet, onto the port; the source away, the target onto its address.
  ModifyNetworkConfig: 4,
  AssociateSecurityGroups: 1,
  DisassociateSecurityGroups: 1,
  ManualBackupInstance: 1,
  CreateMigrationService: 1,
  ModifyMigrationJob: 1,
  CreateMigrateCheckJob: 1,
  StartMigrateJob: 1,
  ModifyInstanceReadOnly: 1,
  CompleteMigrateJob: 1,
  IsolateMigrateJob: 1,
} as const;

/** The bot waits ten seconds for one answer of the cloud. */
const laterThanAnybodyWaitsMs = 11_000;

interface Trouble {
  fault: Fault;
  /** It took effect although the answer does not say so. */
  hidesSuccess: boolean;
}

let world: World | undefined;

afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** The first call of each action meets the fault, and so does the first move of each instance in the cutover. */
function meet(stage: World, fault: Fault): (line: JournalLine) => void {
  for (const action of Object.keys(mutations)) stage.cloud.faults.add({ action, times: 1, fault });
  return ({ type, step }) => {
    // The first was the rehearsal; the fence itself meets it too.
    if (type === 'step_succeeded' && step === 'rehearse-fence')
      stage.cloud.faults.add({ action: 'ModifyInstanceReadOnly', times: 1, fault });
    if (type !== 'step_started' || step !== 'fence-source') return;
    // Reads are refused too, while writes are.
    const throttle = { kind: 'throttle', forMs: 500 } as const;
    stage.cloud.faults.add({ action: 'DescribeInstances', fault: throttle });
    for (const instanceId of [stage.source.id, stage.target.id])
      stage.cloud.faults.add({ action: 'ModifyNetworkConfig', instanceId, times: 1, fault });
  };
}

/** The rehearsal of the fence sets the switch to what it is, as often as it takes. */
function isRehearsal(parameters: unknown): boolean {
  return JSON.stringify(parameters).includes('"InputMode":"0"');
}

test.each<[does: string, Trouble]>([
  [
    'is refused with RequestLimitExceeded once',
    { fault: { kind: 'error', code: 'RequestLimitExceeded' }, hidesSuccess: false },
  ],
  ['fails with InternalError once', { fault: { kind: 'error', code: 'InternalError' }, hidesSuccess: false }],
  [
    'takes effect and answers InternalError once',
    { fault: { kind: 'error-after', code: 'InternalError' }, hidesSuccess: true },
  ],
  ['takes effect and is never answered once', { fault: { kind: 'cut-after' }, hidesSuccess: true }],
])(
  'every mutation %s: the upgrade completes, and nothing is bought or moved twice',
  async (_does, { fault, hidesSuccess }) => {
    world = await startStage();
    const upgrade = await runThrough(world, { onLine: meet(world, fault) });

    expect(upgrade.lines.at(-1)).toMatchObject({ type: 'ended', outcome: 'completed' });
    expect(world.holder()?.id).toBe(world.target.id);
    for (const [action, times] of Object.entries(mutations)) {
      const outcomes = callsOf(world, action)
        .filter(({ parameters }) => !isRehearsal(parameters))
        .map(({ outcome }) => outcome);
      const struck = outcomes.filter((outcome) => outcome !== 'ok').length;
      expect(struck, `${action} met its fault`).toBeGreaterThan(0);
      const effects = outcomes.filter((outcome) => outcome === 'ok').length + (hidesSuccess ? struck : 0);
      expect(effects, `${action} took effect`).toBe(times);
    }
    const thread = await finishedThread(world, upgrade.id);
    expectNothingTwice(thread);
    expect(thread.map(wordsOf).join('\n')).not.toMatch(/" failed:|Stuck|InternalError|RequestLimitExceeded/);
    expect(await lostWrites(world)).toBe(0);
  },
);

test('a purchase is answered later than anybody waits for it: it is found, and no second job is bought', async () => {
  world = await startStage();
  world.cloud.faults.add({
    action: 'CreateMigrationService',
    times: 1,
    fault: { kind: 'slow', ms: laterThanAnybodyWaitsMs },
  });
  const upgrade = await runThrough(world);

  expect(upgrade.lines.at(-1)).toMatchObject({ type: 'ended', outcome: 'completed' });
  expect(callsOf(world, 'CreateMigrationService').map(({ outcome }) => outcome)).toEqual(['ok']);
  expect(callsOf(world, 'IsolateMigrateJob')).toHaveLength(1);
  expect(world.holder()?.id).toBe(world.target.id);
  expect(await lostWrites(world)).toBe(0);
});
