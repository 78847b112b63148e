import { parseArgs } from 'node:util';
import { SABOTAGES } from '../test/simulation/sabotage/all-sabotages.ts';
import { type Caught, seek } from '../test/simulation/sabotage/seek.ts';

/** Breaks one rule after the other and plays seeds until somebody notices. Fails when a breakage survives. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '300' },
      from: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
    },
  });
  const seeds = { from: Number(values.from), most: Number(values.seeds) };
  const chosen = SABOTAGES.filter(({ name }) => name.includes(values.only));
  const startedAt = Date.now();
  let survivors = 0;
  console.log('| breakage | rule | noticed by | seeds | at |\n| --- | --- | --- | --- | --- |');
  for (const sabotage of chosen) {
    const caught = await seek(sabotage, seeds);
    if (caught === undefined) survivors += 1;
    console.log(`| ${sabotage.name} | ${sabotage.rule} | ${describe(caught, seeds.most)} |`);
  }
  const seconds = Math.round((Date.now() - startedAt) / 1_000);
  console.log(`${chosen.length} breakages, ${survivors} survived, ${seconds} s`);
  process.exit(survivors > 0 || chosen.length === 0 ? 1 : 0);
}

function describe(caught: Caught | undefined, most: number): string {
  if (caught === undefined) return `NOBODY | ${most} | -`;
  return `${caught.by} | ${caught.seeds} | ${caught.seed}`;
}

await main();
