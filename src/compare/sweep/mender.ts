import type { Lane } from '../lane/lane.ts';
import type { Brake } from '../pace/brake.ts';
import type { Pace } from '../pace/pace.ts';
import type { SliceTime, Unit } from '../pace/slice.ts';
import type { Difference, Held } from '../values/difference.ts';
import type { BatchOnTheWay } from '../values/key-batch.ts';
import type { BatchContext } from '../values/key-outcome.ts';
import type { NameList } from '../wire/name-list.ts';
import type { ComparisonState } from './checkpoint.ts';
import type { Look, Standing } from './suspects.ts';

/** A look at a key and what it made of the key. */
export interface NotedLook extends Look {
  readonly standing: Standing;
}

/** Hears of a difference, and of what either side holds there: values of keys, which nobody may see who did not ask for them. */
export type OnDifference = (difference: Difference, held: Held) => void;

/** What the units of one slice share. */
export interface Work {
  readonly state: ComparisonState;
  readonly context: BatchContext;
  readonly time: SliceTime;
  readonly pace: Pace;
  readonly brake: Brake;
  /** Changes what differs; none in a comparison. */
  readonly mender: Mender | undefined;
  /** Hears of everything that is proven to differ. */
  readonly onDifference: OnDifference | undefined;
  /** The names that are compared next. */
  readonly listing: NamesAhead;
  /** The batches whose types a lane has learned, and which it compares next. */
  readonly onTheWay: Map<Lane, BatchOnTheWay>;
  /** A lane is listing a page of the target's names, which follow each other too. */
  isCounting: boolean;
}

/** The names of one stage, listed ahead of the lanes that take them. */
export interface NamesAhead {
  /** The next batch; undefined when this stage has no more, or the slice is over. The lane has then selected its database. */
  take(work: Work, lane: Lane): Promise<NameList | undefined>;
  /** A batch that was listed already, of the stage and the database that the lane is at; the page behind it is asked for in time. */
  takeAhead(work: Work, lane: Lane): NameList | undefined;
  /** A batch that was listed already, when no more are to be listed. */
  takeListed(): NameList | undefined;
  /** Resolves when no page is being listed; rejects when that fails. */
  settled(): Promise<void>;
}

/** What takes part in a comparison to change what differs. Without one, a comparison only reads. */
export interface Mender {
  /** Keys changed per second, at most; undefined: no limit. */
  readonly maxPerSecond: number | undefined;
  /** Called each time connections were opened, before any work; `resumed` when other work was done on the same state before. */
  connected(lane: Lane, resumed: boolean): Promise<void>;
  /** Called with the looks at keys of the lane's database that found a difference, after they were noted. */
  mend(work: Work, lane: Lane, looks: readonly NotedLook[]): Promise<void>;
  /** Called with temporary keys that SCAN named on this side of the lane's database. */
  meet(lane: Lane, side: 'source' | 'target', temporary: readonly Buffer[]): void;
  /** The next piece of its own work; it comes before the comparison's. */
  nextUnit(work: Work): Unit | undefined;
  /** False while there is work of its own that must be done before a stage or a round may end. */
  isIdle(): boolean;
  /** Called when the comparison is through, before it is done; false when there is more work now. */
  finish(lane: Lane): Promise<boolean>;
}
