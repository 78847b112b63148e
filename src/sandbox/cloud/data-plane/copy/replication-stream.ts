import { createWriteStream, type WriteStream } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { RedisEndpoint } from '../../../redis-server/launch-redis-server.ts';
import { type CommandArgument, encodeCommand } from '../resp/encode-command.ts';
import { CopyFailure } from './error-log.ts';

export interface ReplicationStreamOptions {
  source: RedisEndpoint;
  /** AUTH, when the source wants a password. */
  authentication: readonly (readonly CommandArgument[])[];
  /** Where the snapshot (an RDB file) is written. */
  snapshotPath: string;
  /** The replication stream, as it comes in; until the returned promise settles nothing more is read. */
  onStream(chunk: Buffer): Promise<void> | undefined;
  /** The connection is gone before `close` was called. */
  onLost(error: CopyFailure): void;
}

const lineFeed = 10;
const maxLineBytes = 65_536;

/** A connection to a source as a replica has it: full resynchronisation with a snapshot from disk, then the stream. */
export class ReplicationStream {
  /** The source's replication id (run id on 2.8); known once `synchronise` has resolved. */
  replicationId = '?';
  /** Offset of the stream's first byte, less one. */
  startOffset = 0;
  readonly #options: ReplicationStreamOptions;
  readonly #socket: Socket;
  #mode: 'lines' | 'snapshot' | 'stream' = 'lines';
  #line: Buffer[] = [];
  #waiting: { resolve(line: string): void; reject(error: Error): void } | undefined;
  #snapshotBytesLeft = 0;
  #file: WriteStream | undefined;
  #snapshotDone: (() => void) | undefined;
  #closed = false;

  constructor(options: ReplicationStreamOptions) {
    this.#options = options;
    this.#socket = connect(options.source);
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.on('close', () => this.#lose());
  }

  /** Asks for a full resynchronisation and resolves when the source has agreed to it. */
  async synchronise(): Promise<void> {
    for (const command of this.#options.authentication) await this.#ask(...command);
    await this.#ask('PING');
    await this.#ask('REPLCONF', 'listening-port', 0);
    const answer = await this.#ask('PSYNC', '?', -1);
    const [, id, offset] = /^\+FULLRESYNC (\S+) (\d+)/.exec(answer) ?? [];
    if (id === undefined || offset === undefined) throw new CopyFailure(`PSYNC was answered with ${answer}`);
    this.replicationId = id;
    this.startOffset = Number(offset);
  }

  /** Resolves when the whole snapshot is in its file. From then on `onStream` is called. */
  async receiveSnapshot(): Promise<void> {
    // Since neither EOF nor any other capability is announced, the source sends a file with its length first.
    const length = /^\$(\d+)$/.exec(await this.#nextLine())?.[1];
    if (length === undefined) throw new CopyFailure('The source did not announce the length of its snapshot');
    if (this.#closed) throw new CopyFailure('The connection to the source was closed');
    this.#snapshotBytesLeft = Number(length);
    this.#file = createWriteStream(this.#options.snapshotPath);
    const file = this.#file;
    await new Promise<void>((resolve, reject) => {
      file.once('error', reject);
      this.#waiting = { resolve: () => undefined, reject };
      this.#snapshotDone = resolve;
      this.#mode = 'snapshot';
      this.#socket.resume();
    });
    this.#waiting = undefined;
  }

  /** Tells the source how far its stream has been applied. */
  acknowledge(offset: number): void {
    if (!this.#closed) this.#socket.write(encodeCommand(['REPLCONF', 'ACK', offset]));
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
    this.#file?.destroy();
    this.#waiting?.reject(new CopyFailure('The connection to the source was closed'));
  }

  async #ask(...command: CommandArgument[]): Promise<string> {
    this.#socket.write(encodeCommand(command));
    const answer = await this.#nextLine();
    if (answer.startsWith('-')) throw new CopyFailure(`${answer.slice(1)} ${command[0]}`);
    return answer;
  }

  async #nextLine(): Promise<string> {
    if (this.#closed) throw new CopyFailure('The connection to the source was closed');
    return await new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.resume();
    });
  }

  #receive(chunk: Buffer): void {
    if (this.#mode === 'lines') this.#receiveLine(chunk);
    else if (this.#mode === 'snapshot') this.#receiveSnapshotBytes(chunk);
    else this.#receiveStream(chunk);
  }

  /** One line at a time; what follows it waits until somebody asks on. Empty lines are the source's sign of life. */
  #receiveLine(chunk: Buffer): void {
    const end = chunk.indexOf(lineFeed);
    this.#line.push(end < 0 ? chunk : chunk.subarray(0, end));
    if (end < 0) {
      if (Buffer.concat(this.#line).length > maxLineBytes) this.#socket.destroy();
      return;
    }
    const line = Buffer.concat(this.#line).toString('utf8').trim();
    this.#line = [];
    const rest = chunk.subarray(end + 1);
    if (line !== '') {
      this.#socket.pause();
      this.#waiting?.resolve(line);
    }
    if (rest.length === 0) return;
    if (line === '') this.#receive(rest);
    else this.#socket.unshift(rest);
  }

  #receiveSnapshotBytes(chunk: Buffer): void {
    const part = chunk.subarray(0, this.#snapshotBytesLeft);
    const rest = chunk.subarray(part.length);
    this.#snapshotBytesLeft -= part.length;
    const file = this.#file;
    if (!file) return;
    const roomLeft = file.write(part);
    if (this.#snapshotBytesLeft === 0) {
      this.#mode = 'stream';
      file.end(() => this.#snapshotDone?.());
      if (rest.length > 0) this.#receiveStream(rest);
    } else if (!roomLeft) {
      this.#socket.pause();
      file.once('drain', () => this.#socket.resume());
    }
  }

  #receiveStream(chunk: Buffer): void {
    const busy = this.#options.onStream(chunk);
    if (!busy) return;
    this.#socket.pause();
    // When it fails, the one who reads from there finds out; nothing more is taken in.
    busy.then(
      () => this.#socket.resume(),
      () => undefined,
    );
  }

  #lose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file?.destroy();
    // The words of the sync service for a source that failed over or went away.
    const error = new CopyFailure('SrcInstance nodes has changed');
    this.#waiting?.reject(error);
    this.#options.onLost(error);
  }
}
