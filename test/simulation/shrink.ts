import type { Violation } from './checker/violation.ts';
import type { Script } from './people.ts';
import { type RunReport, type SimulationOptions, simulate } from './simulate.ts';

/** The shortest history found that still breaks an invariant: what has to go wrong for it, and nothing else. */
export interface Shrunk {
  report: RunReport;
  violation: Violation;
  faultIds: readonly string[];
  impulseIds: readonly string[];
  clients: number;
  runs: number;
}

interface Ingredients {
  faults: readonly string[];
  impulses: readonly string[];
  clients: number;
}

/** Runs spent on one violation at most. */
const MOST_RUNS = 300;

/** Leaves out faults, impulses and clients, in halves, then one by one, as long as the same invariant stays broken. */
export async function shrink(found: RunReport, options: SimulationOptions = {}): Promise<Shrunk | undefined> {
  const [violation] = found.violations;
  if (violation === undefined) return undefined;
  const shrinker = new Shrinker(found, violation, options);
  await shrinker.work();
  return shrinker.result();
}

class Shrinker {
  private best: RunReport;
  private ingredients: Ingredients;
  private runs = 0;
  private readonly violation: Violation;
  private readonly options: SimulationOptions;

  constructor(found: RunReport, violation: Violation, options: SimulationOptions) {
    this.best = found;
    this.violation = violation;
    this.options = options;
    const clients = options.clients ?? 3;
    this.ingredients = { faults: found.faultIds, impulses: found.impulseIds, clients };
  }

  async work(): Promise<void> {
    for (let before = -1; before !== this.size(); ) {
      before = this.size();
      await this.reduce('impulses');
      await this.reduce('faults');
      for (const clients of [0, 1]) {
        if (clients < this.ingredients.clients) await this.attempt({ ...this.ingredients, clients });
      }
    }
  }

  result(): Shrunk {
    const { faults, impulses, clients } = this.ingredients;
    const { best: report, violation, runs } = this;
    return { report, violation, faultIds: faults, impulseIds: impulses, clients, runs };
  }

  private size(): number {
    const { faults, impulses, clients } = this.ingredients;
    return faults.length + impulses.length + clients;
  }

  /** Leaves out ever smaller pieces of a list. */
  private async reduce(what: 'faults' | 'impulses'): Promise<void> {
    for (
      let piece = Math.ceil(this.ingredients[what].length / 2);
      piece >= 1;
      piece = piece > 1 ? Math.ceil(piece / 2) : 0
    ) {
      for (let from = 0; from < this.ingredients[what].length; ) {
        const all = this.ingredients[what];
        const without = [...all.slice(0, from), ...all.slice(from + piece)];
        if (!(await this.attempt({ ...this.ingredients, [what]: without }))) from += piece;
      }
    }
  }

  private async attempt(ingredients: Ingredients): Promise<boolean> {
    if (this.runs >= MOST_RUNS) return false;
    this.runs += 1;
    const report = await simulate(this.best.seed, {
      ...this.options,
      faults: { ...this.options.faults, only: new Set(ingredients.faults) },
      people: (script) => onlyThese(this.options.people?.(script) ?? script, ingredients.impulses),
      clients: ingredients.clients,
    });
    if (!report.violations.some(({ invariant }) => invariant === this.violation.invariant)) return false;
    this.best = report;
    // Those that no longer come up are left out for good.
    this.ingredients = {
      ...ingredients,
      faults: ingredients.faults.filter((id) => report.faultIds.includes(id)),
    };
    return true;
  }
}

function onlyThese(script: Script, ids: readonly string[]): Script {
  return { ...script, impulses: script.impulses.filter(({ id }) => ids.includes(id)) };
}
