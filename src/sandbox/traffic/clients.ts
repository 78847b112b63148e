import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { connect, refusalOf } from './connection.ts';
import { tidyRound } from './janitor.ts';
import type { Ledger, WriteOutcome } from './ledger.ts';
import type { Measurement } from './measurement.ts';
import { Pace } from './pace.ts';
import type { TrafficSettings } from './protocol.ts';
import { readCommand, type TrackedKey } from './tracked-key.ts';
import { Workload, type Write } from './workload.ts';

/** What a client may have under way at once, as a service bounds its work; the rest waits for the connection. */
const maxInFlight = 32;
const tickMs = 4;
const afterDisconnectMs = 500;
const tidyMs = 100;
const recentKeys = 256;

export interface ClientsOptions {
  settings: TrafficSettings;
  ledger: Ledger;
  random: () => number;
  measurement: () => Measurement;
}

/** All clients of one application: writers, readers and a janitor, each with a connection of its own. */
export class Clients {
  readonly #options: ClientsOptions;
  readonly #connections: Redis[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #unanswered = new Set<Write>();
  /** Keys written lately, for the readers. */
  readonly #recent: TrackedKey[] = [];
  readonly #loops: Promise<void>[] = [];
  #stopping = false;

  constructor(options: ClientsOptions) {
    this.#options = options;
  }

  start(): void {
    const { settings } = this.#options;
    for (let client = 0; client < settings.clients; client++) this.#startWriter(client);
    const readers = Math.ceil(settings.clients / 2);
    for (let reader = 0; reader < readers; reader++) this.#startReader(settings.readsPerSecond / readers);
    this.#startJanitor();
  }

  /** Begins nothing new and waits up to `settleMs` for what is under way; then the connections go. */
  async stop(settleMs: number): Promise<void> {
    this.#stopping = true;
    await this.#settled(settleMs);
    for (const connection of this.#connections) connection.disconnect();
    // ioredis never settles what was in flight when a later reconnect is turned away (a wrong password).
    await this.#settled(afterDisconnectMs);
    for (const write of this.#unanswered) this.#end(write, 'unknown');
  }

  async #settled(mostMs: number): Promise<void> {
    const all = Promise.all([...this.#loops, ...this.#underWay]);
    await Promise.race([all, delay(mostMs, undefined, { ref: false })]);
  }

  #connect(): Redis {
    const redis = connect(this.#options.settings.endpoint, this.#options.settings.retryDelayMs);
    this.#connections.push(redis);
    return redis;
  }

  #startWriter(client: number): void {
    const { settings, ledger, random } = this.#options;
    const { prefix, clusterSafe, kinds, scriptShare } = settings;
    const workload = new Workload({ ledger, random, prefix, client, clusterSafe, kinds, scriptShare });
    const redis = this.#connect();
    this.#loop(settings.writesPerSecond / settings.clients, () =>
      this.#write(redis, client, workload.next()),
    );
  }

  #startReader(perSecond: number): void {
    const redis = this.#connect();
    this.#loop(perSecond, () => this.#read(redis));
  }

  #startJanitor(): void {
    const redis = this.#connect();
    const run = async () => {
      while (!this.#stopping) {
        await delay(tidyMs);
        await tidyRound(this.#options.ledger, redis).catch(() => undefined);
      }
    };
    this.#loops.push(run());
  }

  /** Performs `act` at a steady pace, as long as not too many are under way. */
  #loop(perSecond: number, act: () => Promise<void>): void {
    const pace = new Pace(perSecond, performance.now());
    let inFlight = 0;
    const run = async () => {
      while (!this.#stopping) {
        const due = pace.take(performance.now(), maxInFlight - inFlight);
        inFlight += due;
        for (let i = 0; i < due; i++) {
          const one = act().finally(() => {
            inFlight--;
            this.#underWay.delete(one);
          });
          this.#underWay.add(one);
        }
        await delay(tickMs);
      }
    };
    this.#loops.push(run());
  }

  async #write(redis: Redis, client: number, write: Write): Promise<void> {
    const { ledger, measurement } = this.#options;
    ledger.begin(write.keys);
    this.#unanswered.add(write);
    try {
      await write.send(redis);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== undefined) ledger.refusedWith(refusal);
      this.#end(write, refusal === undefined ? 'unknown' : 'refused');
      return;
    }
    measurement().wrote(client, performance.now());
    if (write.scripted) ledger.scripted++;
    this.#end(write, 'acknowledged');
    this.#remember(write.keys[0]);
  }

  /** Once for each write: one that was given up at the end is not counted again. */
  #end(write: Write, outcome: WriteOutcome): void {
    if (this.#unanswered.delete(write)) this.#options.ledger.end(write.keys, write.token, outcome);
  }

  async #read(redis: Redis): Promise<void> {
    const { random, measurement } = this.#options;
    const key = this.#recent[Math.floor(random() * this.#recent.length)];
    try {
      await (key === undefined ? redis.exists('nothing-yet') : redis.call(...readCommand(key)));
      measurement().read(performance.now());
    } catch {
      measurement().readFailed();
    }
  }

  #remember(key: TrackedKey | undefined): void {
    if (key === undefined) return;
    if (this.#recent.length < recentKeys) this.#recent.push(key);
    else this.#recent[Math.floor(this.#options.random() * recentKeys)] = key;
  }
}
