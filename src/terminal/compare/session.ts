import type { Clock } from '../../compare/comparison-options.ts';
import type { Begun } from './begin.ts';
import type { CompareRequest } from './command-line.ts';
import type { ProgressDisplay } from './progress-display.ts';
import type { CompareSurroundings } from './surroundings.ts';
import type { SideWatch } from './which-side.ts';

/** What the parts of one run share. */
export interface Session {
  /** With the passwords of `--credentials`. */
  readonly request: CompareRequest;
  readonly around: CompareSurroundings;
  readonly display: ProgressDisplay;
  readonly watch: SideWatch;
  readonly begun: Begun;
  readonly clock: Clock;
  /** Aborted when somebody wants it to end. */
  readonly signal: AbortSignal;
}

/** Between two looks at the clock; the progress is drawn as often. */
export const SLICE_MS = 500;
