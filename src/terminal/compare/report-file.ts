import { type FileHandle, open } from 'node:fs/promises';
import type { Difference, Held } from '../../compare/values/difference.ts';

/** Names of keys are nobody else's business. */
const OWNER_ONLY = 0o600;

/**
 * The list of every difference, a JSON object a line. What is told during a slice is held back until the slice is known to be good:
 * after trouble the slice is done again, and tells the same once more.
 */
export class ReportFile {
  readonly #file: FileHandle;
  #bytes: number;
  #held: string[] = [];

  private constructor(file: FileHandle, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
  }

  /**
   * Opens a report. From `keepBytes` on everything is cut off: it was written after the checkpoint from which the work goes on, so
   * it is going to be found again. `lost` when the file is shorter than that. Rejects with the error of the file system.
   */
  static async open(path: string, keepBytes: number): Promise<{ report: ReportFile; lost: boolean }> {
    const file = await open(path, keepBytes === 0 ? 'w' : 'r+', OWNER_ONLY);
    // One that was there already may have been open to others.
    await file.chmod(OWNER_ONLY);
    const { size } = await file.stat();
    const kept = Math.min(size, keepBytes);
    await file.truncate(kept);
    return { report: new ReportFile(file, kept), lost: size < keepBytes };
  }

  /** Bytes that are in the file for good. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `values`: what either side holds, where somebody asked for that. */
  add(difference: Difference, values: Held = {}): void {
    const { db, key, keyBase64, type, kind, where } = difference;
    const { source, target } = values;
    this.#held.push(`${JSON.stringify({ db, key, keyBase64, type, kind, where, source, target })}\n`);
  }

  /** Forgets what was told since the last `keep`. */
  discard(): void {
    this.#held = [];
  }

  /** Writes what was told since the last time, and makes sure that it outlives the machine before a state counts on it. */
  async keep(): Promise<void> {
    if (this.#held.length === 0) return;
    const bytes = Buffer.from(this.#held.join(''));
    let written = 0;
    while (written < bytes.length) {
      const at = this.#bytes + written;
      written += (await this.#file.write(bytes, written, bytes.length - written, at)).bytesWritten;
    }
    await this.#file.datasync();
    this.#held = [];
    this.#bytes += bytes.length;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
