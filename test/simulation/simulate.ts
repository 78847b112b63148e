import type { PrivateAddress } from '../../src/upgrade/instance.ts';
import { type Bot, type Patches, startBot, type World } from './bot.ts';
import { checkHistory } from './checker/check-history.ts';
import type { Violation } from './checker/violation.ts';
import { SimulatedClient } from './clients.ts';
import { SimulatedCloud } from './cloud/simulated-cloud.ts';
import { type FaultKind, type FaultProfile, Faults } from './faults.ts';
import { type Entry, History, hashOf } from './history.ts';
import { lastWord } from './last-word.ts';
import { APPROVERS, PEOPLE, People, type Script, writeScript } from './people.ts';
import { Reactions } from './reactions.ts';
import { Network } from './redis/network.ts';
import {
  drawSettings,
  OLD_ADDRESS,
  plantData,
  plantInstances,
  SECRET,
  SOURCE,
  TARGET,
} from './seed-world.ts';
import { Doorbells } from './store/doorbells.ts';
import { MemoryStore } from './store/memory-store.ts';
import { closeRealWorld } from './time/no-real-world.ts';
import { createRandom } from './time/random.ts';
import { Timeline } from './time/timeline.ts';

export interface SimulationOptions {
  /** What goes wrong; unset: everything that the seed chooses. */
  faults?: Partial<FaultProfile>;
  /** Parts of the product put aside for others. */
  patches?: Patches;
  /** Changes what people do; given what the seed would have them do. */
  people?: (script: Script) => Script;
  /** Clients at the old address; unset: three. */
  clients?: number;
}

/** How the last upgrade of a run stood at its end; `vanished`: the store forgot that it was ever asked for. */
export type SimulationOutcome = 'completed' | 'rolled back' | 'stuck' | 'unfinished' | 'vanished' | 'refused';

export interface RunReport {
  seed: number;
  outcome: SimulationOutcome;
  violations: Violation[];
  history: readonly Entry[];
  /** The same for the same history. */
  hash: string;
  /** Faults by kind, and the names of all of them for a shorter history. */
  injected: ReadonlyMap<FaultKind, number>;
  faultIds: readonly string[];
  impulseIds: readonly string[];
  /** How long the run lasted in its own time. */
  simulatedMs: number;
}

const START_MS = 1_800_000_000_000;
const BOTS = 2;
const CLIENTS = 3;
/** From here on nothing goes wrong any more, and people help. */
const FAULTS_END_MS = 5 * 60_000;
/** Whatever has not ended by then never will. */
const END_MS = 60 * 60_000;
/** After the last upgrade has ended clients go on for a moment, and late calls still arrive. */
const AFTERMATH_MS = 30_000;
const LAST_CALLS_MS = 5_000;
const LOOK_MS = 2_000;
/** A client that is told another address has it after so long. */
const MOVED_WITHIN_MS = 20_000;

/** Plays one seed: the product unchanged, in a world where the seed decides everything. The same seed gives the same history. */
export async function simulate(seed: number, options: SimulationOptions = {}): Promise<RunReport> {
  const openRealWorld = closeRealWorld();
  let tried: string[] = [];
  const run = new Run(seed, options);
  try {
    await run.play();
  } finally {
    tried = openRealWorld();
  }
  // The real world had no turn all the while.
  await new Promise((resolve) => setImmediate(resolve));
  return run.report(tried);
}

class Run {
  private readonly seed: number;
  private readonly timeline = new Timeline(START_MS);
  private readonly history = new History(
    () => Math.round((this.timeline.exactly() - START_MS) * 1_000) / 1_000,
  );
  private readonly world: World;
  private readonly people: People;
  private readonly reactions: Reactions;
  private readonly clients: SimulatedClient[];
  private readonly script: Script;
  private readonly allImpulses: string[];
  private bots: Bot[] = [];
  private lives = 0;
  private serials = 0;
  private outageUntilMs = 0;
  private isTouched = false;
  /** Where clients were told to be last. */
  private toldInstance = SOURCE;
  private endsAtMs = START_MS + END_MS;

  constructor(seed: number, options: SimulationOptions) {
    this.seed = seed;
    const { timeline, history } = this;
    const random = createRandom(seed, 'world');
    const drawn = writeScript(
      createRandom(seed, 'people'),
      createRandom(seed, 'regrets'),
      createRandom(seed, 'doubts'),
    );
    this.script = options.people?.(drawn) ?? drawn;
    const faults = new Faults(seed, { intensity: 1, ...options.faults }, history);
    const network = new Network();
    const cloud = new SimulatedCloud({ timeline, random, faults, history, network });
    this.world = {
      timeline,
      random,
      faults,
      history,
      network,
      cloud,
      store: new MemoryStore(() => timeline.exactly()),
      doorbells: new Doorbells({ timeline, faults, random }),
      settings: { ...drawSettings(random), ...options.patches?.settings },
      leaseMs: random.pick([2_000, 5_000, 5_000]),
      credentials: new Map([SOURCE, TARGET].map((id) => [id, { password: SECRET }])),
      approvers: APPROVERS,
      patches: options.patches ?? {},
      outageUntilMs: () => this.outageUntilMs,
      serial: () => {
        this.serials += 1;
        return this.serials;
      },
      touched: () => {
        this.isTouched = true;
      },
      tellClients: (instance, address) => this.tellClients(instance, address),
      hasWebhook: this.script.webhook,
      onChange: (upgradeId) => this.reactions.changed(upgradeId),
      onDeath: (bot) => this.replace(bot),
      onWrite: (type) => {
        this.maybeForget(type);
        if (type.endsWith('approval_requested')) this.maybeResize();
      },
    };
    plantInstances(cloud, random, () => timeline.now());
    plantData(cloud, random);
    this.allImpulses = drawn.impulses.map(({ id }) => id);
    const alive = () => this.bots.filter((bot) => bot.process.isAlive && !bot.process.isFrozen);
    this.people = new People(this.world, alive, this.script.switch);
    this.reactions = new Reactions(this.world, { people: this.people, bots: alive, script: this.script });
    this.clients = Array.from({ length: options.clients ?? CLIENTS }, (_, index) =>
      this.newClient(index + 1),
    );
  }

  async play(): Promise<void> {
    const { timeline } = this;
    this.prepare();
    while (timeline.exactly() < this.endsAtMs && timeline.step()) {
      if (!this.isTouched) continue;
      this.isTouched = false;
      // Whatever that set going comes to rest before anything else happens: a tick comes after every promise that can go on.
      await new Promise<void>((resolve) => process.nextTick(resolve));
    }
  }

  report(tried: readonly string[]): RunReport {
    const { faults } = this.world;
    const entries = this.history.entries;
    const last = lastWord(this.world, this.people.upgrades, this.script.switch);
    const violations = checkHistory(entries, last);
    for (const call of tried)
      violations.push({ invariant: 'determinism', message: `the real world was touched: ${call}` });
    return {
      seed: this.seed,
      outcome: last.outcome,
      violations,
      history: entries,
      get hash() {
        return hashOf(entries);
      },
      injected: faults.injected,
      faultIds: faults.ids,
      impulseIds: this.allImpulses,
      simulatedMs: this.timeline.exactly() - START_MS,
    };
  }

  private prepare(): void {
    const { timeline, world, people } = this;
    for (let count = 0; count < BOTS; count += 1) this.start();
    for (const client of this.clients) client.start();
    world.cloud.onHeat = () => {
      for (const client of this.clients) client.wake();
    };
    timeline.after(1_000, () => this.startUntilItIs());
    for (const { atMs, since, who, action } of this.script.impulses)
      if (since === undefined) timeline.after(atMs, () => people.act(who, action));
    this.planDisasters();
    timeline.after(FAULTS_END_MS, () => {
      world.faults.end();
      this.reactions.close();
    });
    timeline.after(LOOK_MS, () => this.look());
  }

  /** Who was refused, or told nothing, asks again. */
  private startUntilItIs(): void {
    const { people, timeline, world } = this;
    if (people.upgrades.length > 0 || world.store.unfinished.size > 0) return;
    people.start(PEOPLE.requester);
    timeline.after(20_000, () => this.startUntilItIs());
  }

  /** Ends the run some time after everything has ended: late calls arrive, and clients go on. */
  private look(): void {
    const { timeline, reactions, people, world } = this;
    const views = people.upgrades.map((id) => reactions.views.get(id)?.status);
    const over =
      views.length > 0 && views.every((status) => status === 'completed' || status === 'rolled back');
    if (!over) {
      timeline.after(LOOK_MS, () => this.look());
      return;
    }
    const begunAnew = () => people.upgrades.length > views.length || world.store.unfinished.size > 0;
    timeline.after(AFTERMATH_MS, () => {
      if (begunAnew()) {
        this.look();
        return;
      }
      for (const client of this.clients) client.stop();
      // Somebody's request may have been on its way all the time.
      timeline.after(LAST_CALLS_MS, () => {
        if (begunAnew()) this.look();
        else this.endsAtMs = timeline.exactly();
      });
    });
  }

  private start(): void {
    this.lives += 1;
    const bot = startBot(this.world, `bot-${this.lives}`);
    this.bots.push(bot);
    bot.sweep();
  }

  private replace(dead: Bot): void {
    this.bots = this.bots.filter((bot) => bot !== dead);
    this.world.network.abandon(dead.process.name);
    this.timeline.after(100 + this.world.random.next() * 15_000, () => this.start());
  }

  /** What happens at a time rather than at a place: crashes out of the blue, a store that is away or loses a second, Slack down. */
  private planDisasters(): void {
    const { timeline, world } = this;
    const random = createRandom(this.seed, 'disasters');
    const plan = (happen: () => void) => {
      for (let count = random.whole(1, 3); count > 0; count -= 1)
        timeline.after(random.next() ** 1.5 * 150_000, happen);
    };
    const struck = (kind: FaultKind) => world.faults.strikes(kind, 'any time');
    plan(() => {
      if (struck('crash-any-time')) this.bots[random.whole(0, BOTS - 1)]?.process.die();
    });
    plan(() => {
      if (struck('store-outage')) this.outageUntilMs = timeline.exactly() + random.next() * 10_000;
    });
    plan(() => {
      if (struck('slack-down')) this.reactions.goDown();
    });
  }

  /** A store is lost soon after a line was written, too: that is where it hurts. */
  private maybeForget(type: string): void {
    const { timeline, world } = this;
    if (!world.faults.strikes('store-loses-a-second', `after ${type}`)) return;
    const soonMs = 900 * world.random.next();
    timeline.after(soonMs, () => this.loseASecond(Math.min(1_000, soonMs + 100)));
  }

  /** Somebody has a hand in the console while an approver reads: not what was shown any more. */
  private maybeResize(): void {
    const { timeline, world, history } = this;
    if (!world.faults.strikes('target-resized', 'console')) return;
    timeline.after(2_000 * world.random.next(), () => {
      const target = world.cloud.get(TARGET);
      target.memoryMb *= 2;
      history.add({ kind: 'resized', instance: TARGET, memoryMb: target.memoryMb });
    });
  }

  /** Each changes its configuration in its own time; who is told the same again does nothing. */
  private tellClients(instance: string, { ip, port }: PrivateAddress): void {
    const { timeline, world, history } = this;
    if (instance === this.toldInstance) return;
    this.toldInstance = instance;
    history.add({ kind: 'told', instance, ip, port });
    for (const client of this.clients) {
      timeline.after(MOVED_WITHIN_MS * world.random.next() ** 2, () => {
        if (instance === this.toldInstance) client.moveTo({ ip, port });
      });
    }
  }

  private loseASecond(ms: number): void {
    const { timeline, world, history } = this;
    const sinceMs = timeline.exactly() - ms;
    world.store.forgetSince(sinceMs);
    world.doorbells.forget();
    this.outageUntilMs = timeline.exactly() + 200;
    history.add({ kind: 'store-lost', sinceMs: sinceMs - START_MS });
  }

  private newClient(number: number): SimulatedClient {
    const { timeline, history, world } = this;
    return new SimulatedClient(`client-${number}`, {
      timeline,
      random: createRandom(this.seed, `client ${number}`),
      faults: world.faults,
      history,
      network: world.network,
      address: OLD_ADDRESS,
      password: SECRET,
      nextOp: world.serial,
      isHot: () => timeline.exactly() < world.cloud.hotUntilMs,
    });
  }
}
