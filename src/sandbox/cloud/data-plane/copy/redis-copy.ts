import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { compareVersions } from '../../../redis-server/redis-binary.ts';
import type { Copy, CopyOptions, CopyProgress } from '../../data-plane.ts';
import type { RedisNode } from '../redis-node.ts';
import { RedisLink } from '../resp/redis-link.ts';
import type { ReopeningLink } from '../resp/reopening-link.ts';
import { figureOf, keysOf, parseInfo } from '../server-info.ts';
import { launchInside } from '../start-instance-server.ts';
import { CopyFailure, errorLog } from './error-log.ts';
import { ReplicationStream } from './replication-stream.ts';
import { copySnapshot } from './snapshot-copy.ts';
import { StreamApplier } from './stream-applier.ts';
import { StreamSpool } from './stream-spool.ts';

const acknowledgeMs = 1_000;
const offsetPollMs = 20;
const delayPollMs = 10;
const completePollMs = 5;
const snapshotLoadDeadlineMs = 600_000;

export interface RedisCopyOptions extends CopyOptions {
  source: RedisNode;
  target: RedisNode;
}

/**
 * What the sync service does: joins the source as a replica would, copies its snapshot key by key and then applies its stream.
 * The target's own clock expires keys, so a TTL that is renewed on the source in its last moments can be lost, as with every
 * copy of this kind. Not modelled: functions (FUNCTION LOAD) of before the job, resuming after a lost connection, key filters.
 */
export class RedisCopy implements Copy {
  readonly #options: RedisCopyOptions;
  readonly #directory: string;
  readonly #spool: StreamSpool;
  readonly #offsetLink: ReopeningLink;
  readonly #run: Promise<void>;
  readonly #cleanups: (() => void)[] = [];
  #stream: ReplicationStream | undefined;
  #applier: StreamApplier | undefined;
  #phase: CopyProgress['phase'] = 'starting';
  #state: 6 | 7 | 8 = 6;
  #keysCopied = 0;
  #keysTotal = 0;
  #sourceOffset = -1;
  #error: string | undefined;

  private constructor(options: RedisCopyOptions) {
    this.#options = options;
    this.#directory = options.source.nextCopyDirectory();
    this.#spool = new StreamSpool(join(this.#directory, 'stream'));
    this.#offsetLink = options.source.reopeningLink();
    this.#run = this.#work()
      .catch((error: unknown) => this.#fail(error))
      .then(async () => await this.#removeFiles());
  }

  static start(options: RedisCopyOptions): RedisCopy {
    return new RedisCopy(options);
  }

  progress(): CopyProgress {
    return {
      phase: this.#phase,
      percent: this.#percent(),
      keysCopied: this.#keysCopied,
      keysTotal: this.#keysTotal,
      lagBytes: this.#lagBytes(),
      error: this.#error,
    };
  }

  async measure(): Promise<CopyProgress> {
    if (this.#phase === 'incremental') await this.#pollOffset();
    return this.progress();
  }

  async complete(): Promise<void> {
    for (;;) {
      const { phase, lagBytes, error } = await this.measure();
      if (phase === 'completed') return;
      if (phase === 'failed' || phase === 'stopped') throw new CopyFailure(error ?? 'The copy was stopped');
      if (phase === 'incremental' && lagBytes === 0) break;
      await delay(completePollMs);
    }
    this.#settle('completed');
    await this.#run;
  }

  async stop(): Promise<void> {
    this.#settle('stopped');
    await this.#run;
  }

  async #work(): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    const { source, target } = this.#options;
    if (compareVersions(source.binary.version, target.binary.version) > 0) {
      const versions = `${source.binary.version} and ${target.binary.version}`;
      throw new CopyFailure(
        `The real servers are ${versions}: the older one does not read what the newer one sends`,
      );
    }
    const link = await target.openLink();
    this.#atEnd(() => link.close());
    void link.closed().then(() => this.#fail(new CopyFailure('DstInstance nodes has changed')));
    await this.#prepareTarget(link);
    const stream = await this.#join(source);
    if (this.#over()) return;
    this.#phase = 'full';
    await stream.receiveSnapshot();
    this.#acknowledgeEverySecond();
    this.#state = 7;
    await this.#loadSnapshot(link);
    await this.#pollOffset();
    if (this.#over()) return;
    this.#state = 8;
    this.#phase = 'incremental';
    this.#pollOffsetOften();
    await this.#follow(link, stream.startOffset);
  }

  async #prepareTarget(link: RedisLink): Promise<void> {
    const { writeMode } = this.#options;
    if (writeMode === 'clearData') await link.call('FLUSHALL');
    const keys = keysOf(parseInfo(await link.call('INFO', 'keyspace')));
    if (writeMode === 'normal' && keys > 0) {
      throw new CopyFailure(`Short read or OOM loading DB: the target is not empty, it has ${keys} keys`);
    }
  }

  async #join(source: RedisNode): Promise<ReplicationStream> {
    const stream = new ReplicationStream({
      source: source.inner,
      authentication: source.authentication(),
      snapshotPath: join(this.#directory, 'dump.rdb'),
      onStream: (chunk) => this.#spool.append(chunk, performance.now()),
      onLost: (error) => this.#fail(error),
    });
    this.#stream = stream;
    this.#atEnd(() => stream.close());
    await stream.synchronise();
    return stream;
  }

  /** Copies the snapshot by way of a server that loads it, of the source's own version. */
  async #loadSnapshot(target: RedisLink): Promise<void> {
    const { source, fullCopyKeysPerSecond } = this.#options;
    const scratch = await launchInside({
      binary: source.binary,
      directory: this.#directory,
      settings: { dbfilename: 'dump.rdb' },
      readyDeadlineMs: snapshotLoadDeadlineMs,
    });
    let from: RedisLink | undefined;
    try {
      if (this.#over()) return;
      from = await RedisLink.open(scratch.endpoint);
      this.#atEnd(() => from?.close());
      await copySnapshot({
        from,
        to: target,
        keysPerSecond: fullCopyKeysPerSecond,
        onTotal: (keys) => {
          this.#keysTotal = keys;
        },
        onCopied: (keys) => {
          this.#keysCopied += keys;
        },
      });
    } finally {
      from?.close();
      await scratch.stop();
    }
  }

  async #follow(target: RedisLink, startOffset: number): Promise<void> {
    const applier = new StreamApplier({
      target,
      architecture: this.#options.target.architecture,
      startOffset,
      onFailure: (failure) => this.#fail(failure),
    });
    this.#applier = applier;
    while (!this.#over()) {
      const segment = await this.#spool.next();
      if (!segment) return;
      while (!this.#over() && performance.now() < segment.receivedAtMs + this.#options.delayMs()) {
        await delay(delayPollMs);
      }
      if (!this.#over()) await applier.apply(segment.bytes);
    }
  }

  #acknowledgeEverySecond(): void {
    const timer = setInterval(() => this.#stream?.acknowledge(this.#appliedOffset()), acknowledgeMs);
    this.#atEnd(() => clearInterval(timer));
  }

  #pollOffsetOften(): void {
    const timer = setInterval(() => void this.#pollOffset(), offsetPollMs);
    this.#atEnd(() => clearInterval(timer));
  }

  /** Failing to ask is no failure of the copy: whether the source is gone, the stream's connection tells. */
  async #pollOffset(): Promise<void> {
    try {
      const info = parseInfo(await this.#offsetLink.call('INFO', 'replication'));
      this.#sourceOffset = figureOf(info, 'master_repl_offset');
    } catch {
      return;
    }
  }

  #appliedOffset(): number {
    return this.#applier?.appliedOffset ?? this.#stream?.startOffset ?? 0;
  }

  #lagBytes(): number {
    if (this.#phase === 'completed') return 0;
    if (this.#phase !== 'incremental' || !this.#stream) return -1;
    const known = Math.max(this.#sourceOffset, this.#stream.startOffset + this.#spool.receivedBytes);
    return known - this.#appliedOffset();
  }

  #percent(): number {
    if (this.#state === 8) return 100;
    if (this.#keysTotal === 0) return 0;
    return Math.min(99, Math.floor((100 * this.#keysCopied) / this.#keysTotal));
  }

  #over(): boolean {
    return this.#phase === 'completed' || this.#phase === 'stopped' || this.#phase === 'failed';
  }

  #fail(error: unknown): void {
    if (this.#over()) return;
    this.#error = errorLog({
      state: this.#state,
      snapshotPath: join(this.#directory, 'dump.rdb'),
      replicationId: this.#stream?.replicationId ?? '?',
      offset: this.#appliedOffset(),
      received: this.#applier?.commandsReceived ?? 0,
      applied: this.#applier?.commandsApplied ?? 0,
      at: new Date(),
      message: error instanceof Error ? error.message : String(error),
    });
    this.#settle('failed');
  }

  /** Runs when the copy ends, at once when it has. */
  #atEnd(cleanup: () => void): void {
    if (this.#over()) cleanup();
    else this.#cleanups.push(cleanup);
  }

  /** Ends the copy for good: nothing more reaches the target. What still runs sees its connections close and ends. */
  #settle(phase: 'completed' | 'stopped' | 'failed'): void {
    if (this.#over()) return;
    this.#phase = phase;
    for (const cleanup of this.#cleanups) cleanup();
    this.#offsetLink.close();
    this.#spool.close();
  }

  async #removeFiles(): Promise<void> {
    await this.#spool.closed();
    // What cannot be removed goes with the instance's own directory.
    await rm(this.#directory, { recursive: true, force: true }).catch(() => undefined);
  }
}
