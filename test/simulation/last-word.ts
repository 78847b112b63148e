import type { World } from './bot.ts';
import type { LastWord } from './checker/last-word.ts';
import { stuckAt } from './checker/stuck.ts';
import { heldBy } from './clients.ts';
import { OLD_ADDRESS, SECRET, SOURCE, TARGET } from './seed-world.ts';

/** How the world stands when a run is over: what the checker needs besides the history. */
export function lastWord(world: World, upgrades: readonly string[], how: LastWord['switch']): LastWord {
  const { cloud, network, store, history } = world;
  const keys = new Set<string>();
  for (const entry of history.entries) if (entry.kind === 'invoke') keys.add(entry.key);
  const values: LastWord['values'] = {};
  for (const id of [SOURCE, TARGET]) {
    const { server } = cloud.get(id);
    values[id] = Object.fromEntries([...keys].map((key) => [key, heldBy(server, key)]));
  }
  const known = upgrades.map((id) => ({
    id,
    events: (store.journals.get(id) ?? []).map(({ line }) => line),
  }));
  const last = known.findLast(({ events }) => events.length > 0);
  return {
    outcome: outcomeOf(last?.events, upgrades.length),
    source: SOURCE,
    target: TARGET,
    oldAddress: OLD_ADDRESS,
    switch: how,
    cutoverBudgetMs: world.settings.cutoverBudgetMs,
    rollbackBudgetMs: world.settings.rollbackBudgetMs,
    holder: network.holderOf(OLD_ADDRESS.ip, OLD_ADDRESS.port),
    writable: [SOURCE, TARGET].filter((id) => cloud.get(id).server.gate === 'open'),
    values,
    liveJobs: cloud.jobs.jobs.filter((job) => !job.isolated).map((job) => job.id),
    heldInstances: [...store.holders.keys()],
    unfinished: [...store.unfinished.keys()],
    upgrades: known,
    stored: [...store.scratch.values(), ...store.progress.values()],
    secrets: [SECRET],
  };
}

function outcomeOf(events: readonly string[] | undefined, asked: number): LastWord['outcome'] {
  if (events === undefined) return asked === 0 ? 'refused' : 'vanished';
  const last = JSON.parse(events.at(-1) ?? '{}') as { type?: string; outcome?: string };
  if (last.type === 'ended') return last.outcome === 'completed' ? 'completed' : 'rolled back';
  return stuckAt(events) === undefined ? 'unfinished' : 'stuck';
}
