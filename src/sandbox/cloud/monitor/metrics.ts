import type { Clock } from '../clock.ts';
import type { InstanceCounters, ServerFigures } from '../data-plane.ts';
import type { Durations } from '../durations.ts';
import type { Instance, Instances } from '../world/instances.ts';

/** All measured metrics of one instance over one sampling period that ended at `atMs`. */
export interface Sample {
  atMs: number;
  values: Readonly<Record<string, number>>;
}

interface Reading {
  atMs: number;
  counters: InstanceCounters;
  figures: ServerFigures;
}

export interface MetricsOptions {
  instances: Instances;
  durations: Durations;
  clock: Clock;
}

/** At one sample a second, two hours. */
const maxSamplesPerInstance = 7_200;
const bytesPerMb = 1024 * 1024;
const connectionLimit = 10_000;

/** Samples the counters of every instance that has a server, each sampling period, until closed. */
export class Metrics {
  readonly #options: MetricsOptions;
  readonly #last = new Map<string, Reading>();
  readonly #samples = new Map<string, Sample[]>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.#schedule();
  }

  /** Samples that GetMonitorData may show by now, oldest first. */
  visible(instanceId: string): readonly Sample[] {
    const newest = this.#options.clock.now() - this.#options.durations.monitorDelayMs;
    return (this.#samples.get(instanceId) ?? []).filter(({ atMs }) => atMs <= newest);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      void this.#sampleAll().finally(() => this.#schedule());
    }, this.#options.durations.monitorPeriodMs);
    this.#timer.unref();
  }

  async #sampleAll(): Promise<void> {
    await Promise.all([...this.#options.instances.byId.values()].map((instance) => this.#sample(instance)));
  }

  /** A server that cannot be read leaves a gap, as at Tencent: points are simply absent. */
  async #sample(instance: Instance): Promise<void> {
    if (instance.node === undefined) return;
    let figures: ServerFigures;
    try {
      figures = await instance.node.figures();
    } catch {
      this.#last.delete(instance.id);
      return;
    }
    const reading = { atMs: this.#options.clock.now(), counters: { ...instance.node.counters() }, figures };
    const before = this.#last.get(instance.id);
    this.#last.set(instance.id, reading);
    if (before === undefined || reading.atMs <= before.atMs) return;
    const samples = this.#samples.get(instance.id) ?? [];
    this.#samples.set(instance.id, samples);
    samples.push({ atMs: reading.atMs, values: metricValues(instance.memoryMb, before, reading) });
    if (samples.length > maxSamplesPerInstance) samples.shift();
  }
}

function metricValues(memoryMb: number, before: Reading, after: Reading): Record<string, number> {
  const seconds = (after.atMs - before.atMs) / 1000;
  const added = (counter: keyof InstanceCounters): number =>
    after.counters[counter] - before.counters[counter];
  const rate = (counter: keyof InstanceCounters): number => added(counter) / seconds;
  const memUsed = after.figures.usedMemoryBytes / bytesPerMb;
  const memUtil = (memUsed / memoryMb) * 100;
  return {
    Commands: rate('reads') + rate('writes') + rate('others'),
    CmdRead: rate('reads'),
    CmdWrite: rate('writes'),
    CmdOther: rate('others'),
    CmdErr: added('errors'),
    Connections: after.counters.connections,
    ConnectionsUtil: (after.counters.connections / connectionLimit) * 100,
    MemUsed: memUsed,
    MemUtil: memUtil,
    MemMaxUtil: memUtil,
    Keys: after.figures.keys,
    Expired: after.figures.expiredKeys - before.figures.expiredKeys,
    Evicted: after.figures.evictedKeys - before.figures.evictedKeys,
    InFlow: (rate('inBytes') * 8) / 1_000_000,
    OutFlow: (rate('outBytes') * 8) / 1_000_000,
  };
}
