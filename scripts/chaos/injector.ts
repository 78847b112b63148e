import { setTimeout as delay } from 'node:timers/promises';
import type { JournalLine } from '../../src/sandbox/demo/journal-tail.ts';
import { people } from '../../src/sandbox/slack/seed.ts';
import type { World } from '../../src/sandbox/world/world.ts';
import { typeUntilHeard } from '../shared/persons.ts';
import { type Deed, type Injection, wordsOf } from './draw-plan.ts';
import type { Workers } from './workers.ts';

export interface InjectorOptions {
  world: World;
  workers: Workers;
  upgradeId: string;
  injections: readonly Injection[];
}

/** Does what the plan has in store, each when its moment comes. */
export class Injector {
  /** What was done, with the moment. */
  readonly done: string[] = [];
  /** Why something could not be done. */
  readonly problems: string[] = [];
  readonly #options: InjectorOptions;
  readonly #waiting: Set<Injection>;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #underWay: Promise<void>[] = [];

  constructor(options: InjectorOptions) {
    this.#options = options;
    this.#waiting = new Set(options.injections);
  }

  /** Takes a line of the journal: moments count from there. */
  hear({ type, step = '' }: JournalLine): void {
    for (const injection of this.#waiting) {
      const { at, afterMs } = injection.moment;
      const now = at === 'undo' ? type === 'undo_started' : type === 'step_started' && step === at;
      if (!now) continue;
      this.#waiting.delete(injection);
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#begin(injection);
      }, afterMs);
      this.#timers.add(timer);
    }
  }

  /** Begins nothing more, and resolves when all that was begun is over. */
  async settled(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#underWay);
    await this.#options.workers.settled();
  }

  #begin({ moment, deed }: Injection): void {
    this.done.push(`${wordsOf(deed)} @ ${moment.at} + ${moment.afterMs} ms`);
    const fail = (error: unknown) => void this.problems.push(`${wordsOf(deed)}: ${String(error)}`);
    this.#underWay.push(this.#perform(deed).catch(fail));
  }

  async #perform(deed: Deed): Promise<void> {
    const { world, workers, upgradeId } = this.#options;
    const { cloud, slack, store } = world;
    switch (deed.kind) {
      case 'kill':
        return await workers.kill(deed.workers, deed.downMs);
      case 'freeze':
        return await workers.freeze(deed.worker, deed.forMs);
      case 'restart-store':
        return await store.restart(deed.how);
      case 'cloud':
        return void cloud.faults.add(deed.rule);
      case 'slack':
        return void slack.faults.add(deed.fault);
      case 'slack-down': {
        const end = slack.outage();
        await delay(deed.forMs);
        return end();
      }
      case 'break-sync-job':
        return cloud.failSyncJob(newestJob(world), 'errmsg: the copy broke');
      case 'abort':
        return await typeUntilHeard(world, people.requester, `/redis-upgrade abort ${upgradeId}`);
      case 'roll-back':
        return await typeUntilHeard(
          world,
          people.requester,
          `/redis-upgrade rollback ${upgradeId} --lossless`,
        );
    }
  }
}

function newestJob(world: World): string {
  const call = world.cloud.calls.findLast(({ parameters }) => jobIdOf(parameters) !== undefined);
  return jobIdOf(call?.parameters) ?? '';
}

function jobIdOf(parameters: unknown): string | undefined {
  if (typeof parameters !== 'object' || parameters === null || !('JobId' in parameters)) return undefined;
  return typeof parameters.JobId === 'string' ? parameters.JobId : undefined;
}
