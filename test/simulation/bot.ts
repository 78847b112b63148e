import type { Cloud } from '../../src/cloud/cloud.ts';
import type { Journal } from '../../src/engine/journal.ts';
import type { Leases } from '../../src/engine/lease.ts';
import type { Logger } from '../../src/engine/logger.ts';
import { createRunner } from '../../src/engine/runner.ts';
import type { Scratch } from '../../src/engine/scratch.ts';
import { createUpgradeService } from '../../src/service/create-service.ts';
import type { UpgradeService } from '../../src/service/upgrade-service.ts';
import { createRedisAccess } from '../../src/steps/redis-access.ts';
import { createRunbook } from '../../src/steps/runbook.ts';
import type { StepSettings } from '../../src/steps/settings.ts';
import type { StepDeps } from '../../src/steps/step-deps.ts';
import type { PrivateAddress } from '../../src/upgrade/instance.ts';
import { accept, refuse } from '../../src/upgrade/refusal.ts';
import type { StepDefinition } from '../../src/upgrade/step-definition.ts';
import type { StepName } from '../../src/upgrade/steps.ts';
import { createCloudPort } from './cloud/cloud-port.ts';
import type { SimulatedCloud } from './cloud/simulated-cloud.ts';
import type { Faults } from './faults.ts';
import type { History } from './history.ts';
import { SimulatedProcess } from './process.ts';
import type { Network } from './redis/network.ts';
import { createSimulatedOpen } from './redis/redis-port.ts';
import type { Doorbells } from './store/doorbells.ts';
import type { MemoryStore } from './store/memory-store.ts';
import { createSimulatedJournal } from './store/simulated-journal.ts';
import { createSimulatedLeases } from './store/simulated-leases.ts';
import { createSimulatedScratch } from './store/simulated-scratch.ts';
import { StorePort } from './store/store-port.ts';
import type { Random } from './time/random.ts';
import type { Timeline } from './time/timeline.ts';
import { createWebhook } from './webhook.ts';

/** The outside as all processes share it. */
export interface World {
  timeline: Timeline;
  random: Random;
  faults: Faults;
  history: History;
  network: Network;
  cloud: SimulatedCloud;
  store: MemoryStore;
  doorbells: Doorbells;
  settings: StepSettings;
  leaseMs: number;
  credentials: ReadonlyMap<string, { password: string }>;
  approvers: readonly string[];
  patches: Patches;
  outageUntilMs(): number;
  /** A number never given before. */
  serial(): number;
  /** A process has something to do. */
  touched(): void;
  /** Clients are to use this instance from now on; each does so in its own time. */
  tellClients(instance: string, address: PrivateAddress): void;
  /** Whether the team's configuration is told by the bot itself. */
  hasWebhook: boolean;
  onChange(upgradeId: string): void;
  /** The store took a line of this type. */
  onWrite(type: string): void;
  onDeath(bot: Bot): void;
}

/** Parts of the product put aside for others, to see whether the simulation notices. Each is given the real one. */
export interface Patches {
  cloud?: (cloud: Cloud) => Cloud;
  journal?: (journal: Journal) => Journal;
  leases?: (leases: Leases) => Leases;
  scratch?: (scratch: Scratch) => Scratch;
  stepDeps?: (deps: StepDeps) => StepDeps;
  steps?: (steps: Record<StepName, StepDefinition>, deps: StepDeps) => Record<StepName, StepDefinition>;
  service?: (service: UpgradeService) => UpgradeService;
  settings?: Partial<StepSettings>;
}

/** One life of a process of the bot: the product's own parts over a process that meets only the simulated outside. */
export interface Bot {
  process: SimulatedProcess;
  service: UpgradeService;
  /** Rings every upgrade that has not ended. */
  sweep(): void;
}

const SWEEP_MS = 15_000;
const IN_A_ROW_MS = 1_000;

export function startBot(world: World, name: string): Bot {
  const { timeline, history, faults, random, store, patches } = world;
  const process: SimulatedProcess = new SimulatedProcess(name, world, () => world.onDeath(bot));
  const now = () => timeline.now();
  const port = new StorePort(process, { faults, random, outageUntilMs: world.outageUntilMs, now });
  const id = (prefix: string) => `${prefix}-${world.serial()}`;
  const journal = patched(
    createSimulatedJournal({ store, port, history, process: name, now, onWrite: world.onWrite }),
    patches.journal,
  );
  const leases = patched(
    createSimulatedLeases({
      store,
      port,
      history,
      process,
      leaseMs: world.leaseMs,
      now,
      newToken: () => id('t'),
    }),
    patches.leases,
  );
  const scratch = patched(createSimulatedScratch({ store, port }), patches.scratch);
  const cloud = patched(
    createCloudPort({
      process,
      cloud: world.cloud,
      faults,
      random,
      history,
      now,
      nextCall: () => world.serial(),
    }),
    patches.cloud,
  );
  const clock = { now, sleep: (ms: number, signal?: AbortSignal) => process.sleep(ms, signal) };
  const open = createSimulatedOpen({ process, network: world.network, faults, random });
  const { settings } = world;
  const stepDeps = patched<StepDeps>(
    {
      cloud,
      access: createRedisAccess(world.credentials, settings, open),
      settings,
      clock,
      random: () => random.next(),
      newApprovalId: () => id('ap'),
      ...(world.hasWebhook && { announce: createWebhook(world, process) }),
    },
    patches.stepDeps,
  );
  const runbook = createRunbook(stepDeps);
  const steps = patches.steps?.(runbook, stepDeps) ?? runbook;
  const runner = createRunner({
    journal,
    leases,
    scratch,
    steps,
    clock,
    logger: loggerOf(world),
    workerId: name,
    cutoverBudgetMs: settings.cutoverBudgetMs,
    rollbackBudgetMs: settings.rollbackBudgetMs,
    undoPatienceMs: settings.undoPatienceMs,
    inARowMs: IN_A_ROW_MS,
    onChange: world.onChange,
  });
  const ring = (upgradeId: string) => port.call('ring', () => world.doorbells.ring(name, upgradeId, 0));
  const service = patched(
    createUpgradeService({
      cloud,
      journal,
      scratch,
      steps,
      stepDeps,
      approvers: approversOf(world, process),
      clock,
      newUpgradeId: () => id('up'),
      ring,
      onChange: world.onChange,
    }),
    patches.service,
  );
  const bot: Bot = {
    process,
    service,
    sweep: () => {
      journal
        .unfinished()
        .then((ids) => Promise.all(ids.map(ring)))
        .catch(() => undefined);
      process.timer(SWEEP_MS, () => bot.sweep());
    },
  };
  history.add({ kind: 'process', process: name, what: 'started' });
  world.doorbells.listen({ name, isAlive: () => process.isAlive, answer: (upgradeId) => runner(upgradeId) });
  return bot;
}

function patched<T>(part: T, patch: ((part: T) => T) | undefined): T {
  return patch === undefined ? part : patch(part);
}

/** Whether somebody may approve is asked of a directory, which may not answer. */
function approversOf({ approvers, faults, random }: World, process: SimulatedProcess) {
  return {
    configured: () => [...approvers],
    check: async (person: { id: string }) => {
      if (faults.strikes('directory-down', 'check')) {
        return refuse('directory_unreadable', 'The directory cannot be read. Try again.');
      }
      return process.perform({ sendMs: random.next() * 200, answerMs: 1 }, () =>
        approvers.includes(person.id)
          ? accept<true>(true)
          : refuse('not_an_approver', 'You may not approve.'),
      );
    },
  };
}

/** What is logged counts as said: it may hold no secret. Thrown bugs are kept, since nothing else would show them. */
function loggerOf(world: World): Logger {
  const say = (fields: object, message: string) => {
    const { err, upgradeId } = fields as { err?: unknown; upgradeId?: string };
    const text = err instanceof Error ? `${message}: ${err.message}` : message;
    world.history.add({ kind: 'said', upgrade: upgradeId ?? '', status: 'log', text });
  };
  return { debug: () => undefined, info: () => undefined, warn: say, error: say };
}
