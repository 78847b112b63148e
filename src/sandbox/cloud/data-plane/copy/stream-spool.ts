import { type FileHandle, open } from 'node:fs/promises';

/** A piece of the replication stream and when it was received. */
export interface StreamSegment {
  bytes: Buffer;
  receivedAtMs: number;
}

/** Above it the stream goes to a file until that has been read to its end. */
const maxMemoryBytes = 8 * 1024 * 1024;
/** Bytes being written to the file; above it the source is not read from. */
const maxUnwrittenBytes = 4 * 1024 * 1024;
const maxReadBytes = 1024 * 1024;
/** Pieces on the file received within it share one time. */
const timeGrainMs = 5;

/** Keeps the replication stream while it cannot be applied yet: first in, first out, in bounded memory. */
export class StreamSpool {
  /** Bytes taken in since the beginning. */
  receivedBytes = 0;
  readonly #path: string;
  #memory: StreamSegment[] = [];
  #memoryBytes = 0;
  #file: Promise<FileHandle> | undefined;
  #spilling = false;
  #times: { end: number; receivedAtMs: number }[] = [];
  #appended = 0;
  #written = 0;
  #read = 0;
  #writing: Promise<void> = Promise.resolve();
  #arrived: (() => void) | undefined;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes a piece in. When a promise is returned, wait for it before the next. */
  append(bytes: Buffer, nowMs: number): Promise<void> | undefined {
    this.receivedBytes += bytes.length;
    if (!this.#spilling && this.#memoryBytes + bytes.length > maxMemoryBytes) this.#spilling = true;
    if (!this.#spilling) {
      this.#memory.push({ bytes, receivedAtMs: nowMs });
      this.#memoryBytes += bytes.length;
      this.#wake();
      return undefined;
    }
    const at = this.#appended;
    this.#appended += bytes.length;
    const last = this.#times.at(-1);
    if (last && nowMs - last.receivedAtMs < timeGrainMs) last.end = this.#appended;
    else this.#times.push({ end: this.#appended, receivedAtMs: nowMs });
    this.#writing = this.#writing.then(async () => await this.#write(bytes, at));
    // A full disk is reported to whoever reads on; here nobody may be waiting.
    this.#writing.catch(() => undefined);
    return this.#appended - this.#written > maxUnwrittenBytes ? this.#writing : undefined;
  }

  /** The oldest piece, which is taken out; waits for one. Undefined once the spool is closed. */
  async next(): Promise<StreamSegment | undefined> {
    for (;;) {
      if (this.#closed) return undefined;
      const kept = this.#memory.shift();
      if (kept) {
        this.#memoryBytes -= kept.bytes.length;
        return kept;
      }
      if (this.#spilling) {
        const segment = await this.#readBack();
        if (segment) return segment;
      } else {
        await new Promise<void>((resolve) => {
          this.#arrived = resolve;
        });
      }
    }
  }

  /** Nothing is given out any more. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Resolves when the file is no longer in use; to be called after `close`. */
  async closed(): Promise<void> {
    this.close();
    await this.#writing.catch(() => undefined);
    await (await this.#file)?.close();
  }

  async #write(bytes: Buffer, at: number): Promise<void> {
    if (this.#closed) return;
    this.#file ??= open(this.#path, 'w+', 0o600);
    await (await this.#file).write(bytes, 0, bytes.length, at);
    this.#written += bytes.length;
  }

  async #readBack(): Promise<StreamSegment | undefined> {
    const oldest = this.#times[0];
    if (!oldest) {
      // All read: the next pieces are kept in memory again, and the file begins anew.
      this.#spilling = false;
      this.#appended = 0;
      this.#written = 0;
      this.#read = 0;
      return undefined;
    }
    await this.#writing;
    if (this.#closed || !this.#file) return undefined;
    const length = Math.min(maxReadBytes, Math.min(oldest.end, this.#written) - this.#read);
    const { bytesRead, buffer } = await (await this.#file).read(
      Buffer.allocUnsafe(length),
      0,
      length,
      this.#read,
    );
    this.#read += bytesRead;
    if (this.#read >= oldest.end) this.#times.shift();
    return { bytes: buffer.subarray(0, bytesRead), receivedAtMs: oldest.receivedAtMs };
  }

  #wake(): void {
    const arrived = this.#arrived;
    this.#arrived = undefined;
    arrived?.();
  }
}
