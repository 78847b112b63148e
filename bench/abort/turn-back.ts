import { approveAlways, typeStart } from '../../scripts/shared/persons.ts';
import { followJournal, type JournalLine, stepTimes } from '../../src/sandbox/demo/journal-tail.ts';
import type { World } from '../../src/sandbox/world/world.ts';
import type { Scenario, Stage } from './scenarios.ts';

/** What one upgrade that turned back cost the clients. */
export interface Turn {
  /** The step that was under way when it turned. */
  turnedAt: string;
  /** From the last acknowledged write of any client to the next one. */
  writeGapMs: number;
  /** The same of the client that waited longest. */
  clientGapMs: number;
  /** By the journal: from the fence's start to the turn, and from there until the source was writable again. */
  fencedMs: number;
  backMs: number;
  /** Steps and undos of the window, longest first. */
  parts: string[];
}

const journalPollMs = 2;
const endTimeoutMs = 60_000;
const writesAgainMs = 20_000;

/** Starts an upgrade, lets it turn back, and measures at the clients. Rejects unless everything is as before. */
export async function turnBack(
  world: World,
  scenario: Scenario,
  options: { slackDown: boolean },
): Promise<Turn> {
  const upgradeId = await typeStart(world);
  const stage: Stage = { world, upgradeId };
  const deeds: Promise<void>[] = [];
  const slack: { end: (() => void) | undefined } = { end: undefined };
  const onLine = (line: JournalLine) => {
    if (line.type === 'step_started' && line.step === (scenario.approved ? 'check-gates' : scenario.step))
      deeds.push(world.traffic.measure());
    deeds.push(scenario.onLine(stage, line));
    if (options.slackDown && isTurn(line)) slack.end ??= world.slack.outage();
  };
  const journal = followJournal({ storeUrl: world.storeUrl, upgradeId, pollMs: journalPollMs, onLine });
  const state = { over: false };
  const approving = scenario.approved
    ? approveAlways(world, upgradeId, { lateMs: 0, clicks: 1, over: () => state.over })
    : Promise.resolve();
  try {
    await journal.until(({ type }) => type === 'ended' || type === 'undo_failed', {
      what: 'end',
      timeoutMs: endTimeoutMs,
    });
    await Promise.all(deeds);
    await writesGoOn(world);
    await expectAsBefore(world, journal.lines);
    return turnOf(world, journal.lines);
  } finally {
    state.over = true;
    slack.end?.();
    world.cloud.faults.clear();
    journal.close();
    await approving;
  }
}

function isTurn({ type }: JournalLine): boolean {
  return type === 'abort_requested' || type === 'step_failed';
}

/** Every client has written again after it. */
async function writesGoOn({ traffic }: World): Promise<void> {
  const before = traffic.figures()?.acknowledgedWrites ?? 0;
  await traffic.until(
    ({ acknowledgedWrites }) => acknowledgedWrites > before + enoughForEveryClient,
    writesAgainMs,
  );
}

const enoughForEveryClient = 300;

async function expectAsBefore(world: World, lines: readonly JournalLine[]): Promise<void> {
  const last = lines.at(-1);
  if (last?.outcome !== 'rolled_back') {
    throw new Error(`It ended ${last?.type} ${last?.outcome ?? ''} ${last?.error?.message ?? ''}`);
  }
  if (world.holder()?.id !== world.source.id) throw new Error('The source does not hold its address');
  await world.target.node?.clear();
}

function turnOf(world: World, lines: readonly JournalLine[]): Turn {
  const at = lines.findIndex(isTurn);
  const turn = lines[at];
  if (turn === undefined) throw new Error('It never turned');
  const under = lines.slice(0, at + 1).findLast(({ type }) => type === 'step_started');
  const fence = lines.find(({ type, step }) => type === 'step_started' && step === 'fence-source');
  const open = lines.find(({ type, step }) => type === 'undone' && step === 'fence-source');
  const figures = world.traffic.figures();
  if (figures === undefined) throw new Error('There are no figures');
  return {
    turnedAt: under?.step ?? '',
    writeGapMs: figures.writeGap.ms,
    clientGapMs: figures.clientWriteGapMs,
    fencedMs: fence === undefined ? 0 : turn.atMs - fence.atMs,
    backMs: open === undefined ? 0 : open.atMs - turn.atMs,
    parts: fence === undefined ? [] : partsOf(lines.filter(({ atMs }) => atMs >= fence.atMs)),
  };
}

function partsOf(lines: readonly JournalLine[]): string[] {
  const undos = lines.flatMap(({ type, step, atMs }, i) => {
    if (type !== 'undone') return [];
    const began = lines.slice(0, i).find((line) => line.type === 'undo_started' && line.step === step);
    return [{ name: `undo ${step}`, ms: atMs - (began?.atMs ?? atMs) }];
  });
  return [...stepTimes(lines), ...undos]
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 4)
    .map(({ name, ms }) => `${name} ${Math.round(ms)}`);
}
