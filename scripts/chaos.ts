// Upgrades under traffic with two bot processes on one store, while processes are killed, frozen and started again, the store is
// restarted, and the cloud and Slack misbehave, all drawn from one seed. Every upgrade has to end, and no acknowledged write
// may be lost. Needs the built bot (`npm run build`).
// `npm run chaos -- [--upgrades N] [--seed S] [--only NR]`: 30 upgrades with seed 1 unless told; NR plays one of them alone.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drawPlan } from './chaos/draw-plan.ts';
import { type ChaosRow, playChaos } from './chaos/play.ts';

const defaultUpgrades = 30;
const defaultSeed = 1;

async function play(seed: number, nr: number): Promise<ChaosRow> {
  const directory = await mkdtemp(join(tmpdir(), `redis-upgrade-chaos-${nr}-`));
  const row = await playChaos(drawPlan(seed, nr), { directory }).catch((error: unknown): ChaosRow => {
    const problems = [error instanceof Error ? error.message : String(error)];
    const nothing = {
      why: '',
      injected: [],
      stuck: [],
      lostWrites: 0,
      differences: 0,
      writeGapMs: 0,
      nobodyMs: 0,
      seconds: 0,
    };
    return { nr, pair: '', outcome: 'not played', problems, ...nothing };
  });
  if (holds(row)) await rm(directory, { recursive: true, force: true });
  else await writeFile(join(directory, 'row.json'), JSON.stringify(row, undefined, 2));
  console.error(`${holds(row) ? 'holds' : `FAILS, see ${directory}`}  ${JSON.stringify(row)}`);
  return row;
}

function holds({ outcome, lostWrites, problems }: ChaosRow): boolean {
  return ['completed', 'rolled_back'].includes(outcome) && lostWrites === 0 && problems.length === 0;
}

function print(rows: readonly ChaosRow[]): void {
  for (const { nr, injected, why, stuck, problems } of rows) {
    console.log(`${nr}:`);
    for (const what of injected) console.log(`    ${what}`);
    if (why !== '') console.log(`    went back: ${why}`);
    for (const words of stuck) console.log(`    stuck, resumed by a person: ${words}`);
    for (const problem of problems) console.log(`    PROBLEM: ${problem}`);
  }
  console.table(
    rows.map(({ injected, why: _why, stuck, problems, ...figures }) => ({
      ...figures,
      injected: injected.length,
      stuck: stuck.length,
      problems: problems.length,
    })),
  );
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { upgrades: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
  });
  const numbers = {
    upgrades: Number(values.upgrades ?? defaultUpgrades),
    seed: Number(values.seed ?? defaultSeed),
    only: Number(values.only ?? 1),
  };
  if (Object.values(numbers).some((number) => !Number.isInteger(number) || number < 1)) {
    console.error('usage: npm run chaos -- [--upgrades N] [--seed S] [--only NR]');
    return 2;
  }
  const all = Array.from({ length: numbers.upgrades }, (_, i) => i + 1);
  const rows: ChaosRow[] = [];
  for (const nr of values.only === undefined ? all : [numbers.only]) rows.push(await play(numbers.seed, nr));
  print(rows);
  const sum = (of: (row: ChaosRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  const ended = (outcome: string) => rows.filter((row) => row.outcome === outcome).length;
  const failed = rows.filter((row) => !holds(row)).length;
  console.log(
    `seed ${numbers.seed}: ${ended('completed')} completed, ${ended('rolled_back')} rolled back, ${failed} failed; ` +
      `${sum((row) => row.injected.length)} injections, stuck ${sum((row) => row.stuck.length)} times; lostWrites: ${sum((row) => row.lostWrites)}`,
  );
  return failed === 0 ? 0 : 1;
}

process.exit(await main());
