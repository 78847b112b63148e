// Both ways back after the cutover, each after thousands of acknowledged writes on the target: what each costs the clients and
// how many writes it loses. Nothing that the clients write is overwritten, so the audit counts every lost write command: after a
// lossless rollback none, after a fast one exactly as many as the bot says. Needs the built bot (`npm run build`).
// `npx tsx bench/rollback.ts [RUNS]`, 3 of each without an argument.
import { approveAlways, typeStart } from '../scripts/shared/persons.ts';
import { typeAtTerminal } from '../scripts/shared/terminal.ts';
import { assessWorld } from '../src/sandbox/demo/assess-world.ts';
import {
  followJournal,
  type JournalLine,
  type JournalTail,
  stepTimes,
} from '../src/sandbox/demo/journal-tail.ts';
import { approverGroup, people } from '../src/sandbox/slack/seed.ts';
import { startWorld, type World } from '../src/sandbox/world/world.ts';
import { rollbackSteps } from '../src/upgrade/steps.ts';
import { spreadOf } from './figures.ts';

type Mode = 'lossless' | 'fast';

const defaultRuns = 3;
const keys = 1_000;
const leastWritesOnTarget = 5_000;
const traffic = {
  writesPerSecond: 800,
  readsPerSecond: 100,
  clients: 6,
  kinds: 'appending',
  scriptShare: 0.1,
} as const;
const botSettings = {
  REDIS_UPGRADE_SOAK_SECONDS: '600',
  REDIS_UPGRADE_POLL_MAX_SECONDS: '0.3',
  // The terminal cannot ask Slack who is in a group.
  REDIS_UPGRADE_APPROVERS: `${approverGroup},${people.approver}`,
};
const backSteps = new Set<string>(
  (['lossless', 'fast'] as const).flatMap((mode) => rollbackSteps('address', mode)),
);
const journalPollMs = 2;
const timeoutMs = 120_000;

interface Row {
  mode: Mode;
  outcome: string;
  /** Acknowledged between the probe and the request for the way back. */
  writesOnTarget: number;
  /** By the audit, in write commands. */
  lostWrites: number;
  /** What the bot counted; undefined where it counts nothing. */
  saidLost: number | undefined;
  /** Cut off while under way: executed or not, nobody was told. */
  unknownWrites: number;
  differences: number;
  writeGapMs: number;
  /** From the request to the end, by the journal. */
  totalMs: number;
  /** The rollback's own steps, with their milliseconds. */
  steps: string;
}

async function measure(mode: Mode): Promise<Row> {
  const world = await startWorld({
    from: '2.8',
    to: 'standard',
    keys,
    cloudSpeed: 'instant',
    botMode: 'child',
    botSettings,
    traffic,
  });
  const over = { cutover: false };
  try {
    const upgradeId = await typeStart(world);
    const journal = followJournal({ storeUrl: world.storeUrl, upgradeId, pollMs: journalPollMs });
    const approving = approveAlways(world, upgradeId, { lateMs: 0, clicks: 1, over: () => over.cutover });
    const until = untilIn(journal);
    await until('step_succeeded', 'probe').finally(() => {
      over.cutover = true;
    });
    await approving;
    const writesOnTarget = await writeOnTarget(world);
    await rollBack(world, { upgradeId, mode, until });
    journal.close();
    return { mode, writesOnTarget, ...(await rowOf(world, upgradeId, journal.lines)) };
  } finally {
    await world.close();
  }
}

type Until = (type: string, step?: string) => Promise<JournalLine>;

function untilIn(journal: JournalTail): Until {
  return (type, step) =>
    journal.until((line) => line.type === type && (step === undefined || line.step === step), {
      what: `${type} ${step ?? ''}`,
      timeoutMs,
    });
}

async function writeOnTarget({ traffic: clients }: World): Promise<number> {
  const before = clients.figures()?.acknowledgedWrites ?? 0;
  const after = await clients.until(
    ({ acknowledgedWrites }) => acknowledgedWrites > before + leastWritesOnTarget,
    timeoutMs,
  );
  return after.acknowledgedWrites - before;
}

async function rollBack(
  world: World,
  { upgradeId, mode, until }: { upgradeId: string; mode: Mode; until: Until },
): Promise<void> {
  await typeAtTerminal(world, ['rollback', upgradeId, `--${mode}`, '--as', people.requester]);
  await until('rollback_approval_requested');
  await world.traffic.measure();
  await typeAtTerminal(world, ['approve', upgradeId, '--as', people.approver, '--confirm', world.source.id]);
  await until('ended');
  const before = world.traffic.figures()?.acknowledgedWrites ?? 0;
  await world.traffic.until(({ acknowledgedWrites }) => acknowledgedWrites > before + 500, timeoutMs);
}

async function rowOf(
  world: World,
  upgradeId: string,
  lines: readonly JournalLine[],
): Promise<Omit<Row, 'mode' | 'writesOnTarget'>> {
  const last = lines.at(-1);
  const asked = lines.find(({ type }) => type === 'rollback_requested');
  const totalMs = (last?.atMs ?? 0) - (asked?.atMs ?? 0);
  const figures = await world.traffic.stop();
  const outcome = world.holder()?.id === world.source.id ? (last?.outcome ?? '') : 'not at the source';
  const found = await assessWorld(world, { upgradeId, outcome, lines, totalMs });
  const said: unknown = lines.find(
    ({ type, step }) => type === 'step_succeeded' && step === 'count-lost-writes',
  )?.['output'];
  return {
    outcome,
    lostWrites: found.traffic.lostWrites,
    saidLost: lostIn(said),
    unknownWrites: figures.unknownWrites,
    differences: found.differences - found.traffic.lostWrites,
    writeGapMs: Math.round(figures.writeGap.ms),
    totalMs,
    steps: stepTimes(lines.filter(({ step = '' }) => backSteps.has(step)))
      .map(({ name, ms }) => `${name} ${ms}`)
      .join(', '),
  };
}

function lostIn(output: unknown): number | undefined {
  if (typeof output !== 'object' || output === null || !('lostWrites' in output)) return undefined;
  return typeof output.lostWrites === 'number' ? output.lostWrites : undefined;
}

function holds({ mode, outcome, writesOnTarget, lostWrites, saidLost, differences }: Row): boolean {
  if (outcome !== 'rolled_back' || writesOnTarget < leastWritesOnTarget || differences > 0) return false;
  return mode === 'lossless' ? lostWrites === 0 : lostWrites === saidLost && lostWrites > 0;
}

async function main(): Promise<number> {
  const runs = Number(process.argv[2] ?? defaultRuns);
  if (!Number.isInteger(runs) || runs < 1) {
    console.error('usage: npx tsx bench/rollback.ts [RUNS]');
    return 2;
  }
  const rows: Row[] = [];
  for (const mode of ['lossless', 'fast'] as const) {
    for (let run = 1; run <= runs; run++) {
      const row = await measure(mode);
      console.error(`${holds(row) ? 'holds' : 'FAILS'}  ${JSON.stringify(row)}`);
      rows.push(row);
    }
  }
  console.table(rows.map(({ steps: _steps, ...figures }) => figures));
  for (const mode of ['lossless', 'fast'] as const) {
    const gaps = rows.filter((row) => row.mode === mode).map(({ writeGapMs }) => writeGapMs);
    console.log(`${mode}: write gap ${spreadOf(gaps)} ms (min / median / max)`);
  }
  const failed = rows.filter((row) => !holds(row)).length;
  console.log(`${rows.length - failed} rollbacks as they must be, ${failed} not`);
  return failed === 0 ? 0 : 1;
}

process.exit(await main());
