import type { Patches } from '../bot.ts';
import { type RunReport, simulate } from '../simulate.ts';
import { type Sabotage, withSteps } from './sabotage.ts';

/** How a sabotage was noticed: by which rule, at which seed, and after how many of them. */
export interface Caught {
  by: string;
  message: string;
  seed: number;
  seeds: number;
}

/** What a run of nothing but luck has to come to; there is no invariant that is broken by giving up. */
export const EASY_RUN = 'completes when nothing goes wrong';

/** Limits that slow tasks alone do not reach. */
const ROOMY = { cutoverBudgetMs: 120_000, rollbackBudgetMs: 120_000, handOverDeadlineMs: 60_000 };

/** Plays one seed with the sabotage, then the same world without bad luck; undefined when nobody noticed. */
async function notice(
  sabotage: Sabotage,
  seed: number,
): Promise<{ by: string; message: string } | undefined> {
  const report = await simulate(seed, { ...sabotage.options, patches: both(sabotage) });
  const [violation] = report.violations;
  if (violation !== undefined) {
    // It is the breakage that counts, not what this world would show of the product as it is.
    const kept = await simulate(seed, sabotage.options);
    if (kept.violations.length === 0) return { by: violation.invariant, message: violation.message };
  }
  if (sabotage.options !== undefined) return undefined;
  const easy = await playEasily(seed, sabotage.patches());
  const [broken] = easy.violations;
  if (broken !== undefined) return { by: broken.invariant, message: broken.message };
  if (easy.outcome !== 'completed' && (await isEasy(seed)))
    return { by: EASY_RUN, message: `the upgrade is ${easy.outcome}` };
  return undefined;
}

/** What has to happen, and the breakage on top of it. */
function both({ options, patches }: Sabotage): Patches {
  const broken = patches();
  return { ...broken, ...withSteps(options?.patches ?? {}, broken) };
}

/** Whether the product itself completes it. */
async function isEasy(seed: number): Promise<boolean> {
  return (await playEasily(seed, {})).outcome === 'completed';
}

function playEasily(seed: number, patches: Patches): Promise<RunReport> {
  return simulate(seed, {
    faults: { intensity: 0 },
    people: (script) => ({ ...script, manner: 'approve', impulses: [], hesitationMs: 100, restarts: 0 }),
    patches: { ...patches, settings: { ...patches.settings, ...ROOMY } },
  });
}

/** Plays seed after seed until the sabotage is noticed; undefined when it survives all of them. */
export async function seek(
  sabotage: Sabotage,
  seeds: { from: number; most: number },
): Promise<Caught | undefined> {
  for (let count = 1; count <= seeds.most; count += 1) {
    const seed = seeds.from + count - 1;
    const noticed = await notice(sabotage, seed);
    if (noticed !== undefined) return { ...noticed, seed, seeds: count };
  }
  return undefined;
}
