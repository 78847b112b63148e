import type { Faults } from '../faults.ts';
import type { Course, SimulatedProcess } from '../process.ts';
import type { Random } from '../time/random.ts';

/** How a process reaches the store: a millisecond away, with everything that can go wrong on the way. */
export class StorePort {
  private readonly process: SimulatedProcess;
  private readonly faults: Faults;
  private readonly random: Random;
  private readonly outageUntilMs: () => number;
  private readonly now: () => number;

  constructor(
    process: SimulatedProcess,
    parts: { faults: Faults; random: Random; outageUntilMs: () => number; now: () => number },
  ) {
    this.process = process;
    this.faults = parts.faults;
    this.random = parts.random;
    this.outageUntilMs = parts.outageUntilMs;
    this.now = parts.now;
  }

  call<T>(command: string, effect: () => T): Promise<T> {
    return this.process.perform(this.course(`store.${command}`), effect);
  }

  private course(place: string): Course {
    const { faults, random } = this;
    // A client without an answer keeps its command until the connection is back.
    const waitMs = Math.max(0, this.outageUntilMs() - this.now());
    const course: Course = {
      sendMs: waitMs + 0.1 + random.next(),
      answerMs: 0.1 + random.next(),
    };
    if (faults.strikes('crash-before-call', place)) course.crash = 'before';
    else if (faults.strikes('crash-after-call', place)) course.crash = 'after';
    else if (faults.strikes('freeze', place)) course.freezeMs = 1_000 + random.next() * 40_000;
    if (faults.strikes('store-error-before', place)) course.before = new Error(`READONLY ${place}: no`);
    else if (faults.strikes('store-error-after', place))
      course.after = new Error(`Connection is closed (${place})`);
    else if (faults.strikes('store-twice', place)) course.twice = true;
    return course;
  }
}
