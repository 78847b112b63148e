import { GapMeter, RateMeter } from './gap.ts';
import type { Ledger } from './ledger.ts';
import type { TrafficFigures } from './protocol.ts';

/** What the clients saw since the measurement began. */
export class Measurement {
  readonly #writes = new GapMeter();
  readonly #reads = new GapMeter();
  readonly #clients: GapMeter[];
  readonly #writeRate = new RateMeter();
  readonly #readRate = new RateMeter();
  #readCount = 0;
  #failedReads = 0;

  constructor(clients: number) {
    this.#clients = Array.from({ length: clients }, () => new GapMeter());
  }

  wrote(client: number, atMs: number): void {
    this.#writes.success(atMs);
    this.#clients[client]?.success(atMs);
    this.#writeRate.success(atMs);
  }

  read(atMs: number): void {
    this.#readCount++;
    this.#reads.success(atMs);
    this.#readRate.success(atMs);
  }

  readFailed(): void {
    this.#failedReads++;
  }

  figures(ledger: Ledger, nowMs: number): TrafficFigures {
    return {
      acknowledgedWrites: ledger.counts.acknowledged,
      scriptedWrites: ledger.scripted,
      refusedWrites: ledger.counts.refused,
      refusedBy: Object.fromEntries(ledger.refusedBy),
      unknownWrites: ledger.counts.unknown,
      lostWrites: ledger.lost(),
      reads: this.#readCount,
      failedReads: this.#failedReads,
      writeGap: gapOf(this.#writes),
      readGap: gapOf(this.#reads),
      clientWriteGapMs: Math.max(...this.#clients.map((meter) => meter.longest().ms)),
      writesLastSecond: this.#writeRate.lastSecond(nowMs),
      readsLastSecond: this.#readRate.lastSecond(nowMs),
      writesPerSecond: this.#writes.ratePerSecond(),
    };
  }
}

function gapOf(meter: GapMeter): TrafficFigures['writeGap'] {
  const { ms, fromMs } = meter.longest();
  return { ms, fromEpochMs: performance.timeOrigin + fromMs };
}
