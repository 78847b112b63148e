import type { History } from './history.ts';
import type { Timeline } from './time/timeline.ts';

/** How one call to the outside goes. */
export interface Course {
  /** From the call until it takes effect, and from there until the answer is here. */
  sendMs: number;
  answerMs: number;
  /** It is refused without having had an effect. */
  before?: Error | undefined;
  /** It takes effect, but this comes back. */
  after?: Error | undefined;
  /** Whoever called gives up after so long; the effect comes whenever it comes. */
  giveUp?: { afterMs: number; error: Error } | undefined;
  /** It takes effect a second time right away, and the second answer comes back. */
  twice?: boolean;
  /** The process dies before the call leaves it, or when it has taken effect. */
  crash?: 'before' | 'after' | undefined;
  /** The process stands still for so long, from now on. */
  freezeMs?: number | undefined;
}

/**
 * One process of the bot, from its start to its death. It meets the outside only through `perform` and `sleep`. When it dies, what
 * it waits for never comes; what it has sent takes effect all the same.
 */
export class SimulatedProcess {
  readonly name: string;
  /** The rights to act that it believes to have, by upgrade. */
  readonly tokens = new Map<string, string>();
  private readonly timeline: Timeline;
  private readonly history: History;
  private readonly onDeath: () => void;
  private readonly touched: () => void;
  private frozenUntilMs = 0;
  private timersFirst = true;
  private dead = false;

  constructor(
    name: string,
    world: { timeline: Timeline; history: History; touched: () => void },
    onDeath: () => void,
  ) {
    this.name = name;
    this.timeline = world.timeline;
    this.history = world.history;
    this.touched = world.touched;
    this.onDeath = onDeath;
  }

  get isAlive(): boolean {
    return !this.dead;
  }

  get isFrozen(): boolean {
    return this.frozenUntilMs > this.timeline.exactly();
  }

  die(): void {
    if (this.dead) return;
    this.dead = true;
    this.history.add({ kind: 'process', process: this.name, what: 'crashed' });
    this.onDeath();
  }

  freeze(ms: number): void {
    this.timersFirst = Math.floor(ms) % 2 === 0;
    this.history.add({ kind: 'process', process: this.name, what: 'froze' });
    this.frozenUntilMs = Math.max(this.frozenUntilMs, this.timeline.exactly() + ms);
  }

  /** Makes a call: `effect` is what it does out there, its answer comes back here. */
  perform<T>(course: Course, effect: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (course.crash === 'before') return this.die();
      if (course.freezeMs !== undefined) this.freeze(course.freezeMs);
      const { timeline } = this;
      const { before, giveUp } = course;
      if (giveUp !== undefined) timeline.after(giveUp.afterMs, () => this.hear(() => reject(giveUp.error)));
      if (before !== undefined) {
        timeline.after(course.sendMs + course.answerMs, () => this.hear(() => reject(before)));
        return;
      }
      timeline.after(course.sendMs, () => {
        const settle = this.takeEffect(course, effect, { resolve, reject });
        if (course.crash === 'after') return this.die();
        timeline.after(course.answerMs, () => this.hear(settle));
      });
    });
  }

  /** A timer of this process: late when the process stands still, never when it is dead. */
  timer(ms: number, ring: () => void): void {
    this.timeline.after(ms, () => this.hear(ring, true));
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      this.timer(ms, resolve);
    });
  }

  private takeEffect<T>(
    course: Course,
    effect: () => T,
    to: { resolve: (value: T) => void; reject: (error: unknown) => void },
  ): () => void {
    try {
      let value = effect();
      if (course.twice === true) value = effect();
      const { after } = course;
      return after === undefined ? () => to.resolve(value) : () => to.reject(after);
    } catch (error) {
      return () => to.reject(error);
    }
  }

  /** When a process wakes up, its timers may come before the answers that wait for it, or after them. */
  private hear(happen: () => void, isTimer = false): void {
    if (this.dead) return;
    if (this.isFrozen) {
      this.timeline.at(this.frozenUntilMs + (isTimer === this.timersFirst ? 0 : 0.001), () =>
        this.hear(happen, isTimer),
      );
      return;
    }
    this.touched();
    happen();
  }
}
