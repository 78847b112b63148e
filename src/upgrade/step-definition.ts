import type { EventBody } from './events.ts';
import type { Cause, StepState, UpgradeState } from './state.ts';
import type { StepName } from './steps.ts';
import type { StepWords } from './view.ts';

/** What one pass of a step came to. A pass does at most one thing to the world; nothing waits inside it. */
export type StepResult =
  | { kind: 'succeeded'; output: Record<string, unknown> }
  /** Not there yet: look again after so many milliseconds. */
  | { kind: 'again'; afterMs: number }
  /** It cannot be done; the upgrade goes back. */
  | { kind: 'failed'; error: Cause }
  /** Something that only an event can say: an approval asked for or void, a comparison too old. */
  | { kind: 'decided'; event: EventBody };

export type UndoResult =
  | { kind: 'undone' }
  | { kind: 'again'; afterMs: number }
  /** Neither forward nor back: a person is needed. */
  | { kind: 'failed'; error: Cause };

/** What the engine hands to a step for one pass. */
export interface StepContext {
  upgradeId: string;
  /** As of the start of this pass; `step` is kept up to date by `note` and `intend`. */
  state: UpgradeState;
  readonly step: StepState;
  nowMs: number;
  /** Milliseconds since this step (or its undo) was begun. */
  elapsedMs: number;
  /** Aborted when the lease is lost: give up at once, change nothing more. */
  signal: AbortSignal;
  /** Journals what is about to be changed. Resolves before the call may be made; rejects when the lease is lost. */
  intend(action: string, detail: Record<string, unknown>): Promise<void>;
  /** Journals what must be remembered across a crash. */
  note(note: Record<string, unknown>): Promise<void>;
  /** Says how far it is; may be lost. */
  progress(text: string, percent?: number): void;
  /** What may be lost: a value of this upgrade, kept across passes, gone with a store that loses it. */
  scratch: {
    read(name: string): Promise<string | undefined>;
    write(name: string, value: string): Promise<void>;
  };
}

/** One step of the runbook. `run` and `undo` are called at least once and look before they act. */
export interface StepDefinition extends StepWords {
  name: StepName;
  run(context: StepContext): Promise<StepResult>;
  /** How it is taken back, or why nothing needs to be. */
  undo: ((context: StepContext) => Promise<UndoResult>) | { none: string };
  /** One line for the plan: what going back does here. */
  describeUndo: string;
  /** How long it may meet retryable trouble without a break before it fails. */
  patienceMs: number;
}
