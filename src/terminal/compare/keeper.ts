import type { RepairCheckpoint } from '../../compare/repair/repair-checkpoint.ts';
import type { Checkpoint } from '../../compare/sweep/checkpoint.ts';
import type { ReportFile } from './report-file.ts';
import { type CompareState, codeOf, removeState, StateError, writeState } from './state-file.ts';

/** Saved no more often than this; a process that is killed has about so much of its work done again. */
const SAVE_EVERY_MS = 1_000;

interface KeeperParts {
  readonly path: string;
  /** What was read, or what it begins with. */
  readonly state: CompareState;
  readonly report: { readonly path: string; readonly file: ReportFile } | undefined;
  readonly now: () => number;
  /** Told once when the state cannot be saved: the work goes on. */
  readonly warn: (text: string) => void;
}

/** Keeps on disk how far a comparison is, together with how much of the report belongs to that. */
export class Keeper {
  readonly #parts: KeeperParts;
  #state: CompareState;
  #savedAtMs: number | undefined;
  #warned = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#state = parts.state;
  }

  get path(): string {
    return this.#parts.path;
  }

  get state(): CompareState {
    return this.#state;
  }

  /** False when the last attempt to save failed: then nothing can be gone on with. */
  get isSaved(): boolean {
    return this.#savedAtMs !== undefined && !this.#warned;
  }

  /** Takes a good checkpoint, and what was found up to it; saves both when it is time. Throws a `StateError` when the report cannot be written. */
  async take(reached: { comparison: Checkpoint } | { repair: RepairCheckpoint }): Promise<void> {
    const { now } = this.#parts;
    await this.#keepReport();
    this.#state = { ...this.#state, ...reached };
    if (this.#savedAtMs === undefined || now() - this.#savedAtMs >= SAVE_EVERY_MS) await this.save();
  }

  async save(): Promise<void> {
    const { path, report, now, warn } = this.#parts;
    const savedAtMs = now();
    this.#state = {
      ...this.#state,
      savedAtMs,
      ...(report === undefined ? {} : { report: { path: report.path, bytes: report.file.bytes } }),
    };
    this.#savedAtMs = savedAtMs;
    try {
      await writeState(path, this.#state);
      this.#warned = false;
    } catch (error) {
      if (!this.#warned)
        warn(
          `How far it is cannot be kept in ${path} (${codeOf(error)}): it could not be resumed. --state FILE names another place.`,
        );
      this.#warned = true;
    }
  }

  async #keepReport(): Promise<void> {
    const { report } = this.#parts;
    try {
      await report?.file.keep();
    } catch (error) {
      throw new StateError(`The report ${report?.path} cannot be written (${codeOf(error)}).`, {
        cause: error,
      });
    }
  }

  /** It came to its end. */
  async remove(): Promise<void> {
    await removeState(this.#parts.path).catch(() => undefined);
  }
}
