import type { RawReply } from '../wire/raw-reply.ts';
import { type RedisConnection, readBlock } from '../wire/redis-connection.ts';
import type { ReplyBlock } from '../wire/reply-block.ts';
import { type Command, type EncodedCommands, encodeCommands } from '../wire/resp-commands.ts';
import { decodeReply, type Reply } from '../wire/resp-reply.ts';

/** Lets so many pipelines be under way at a time, whatever connection they take; the others wait in line. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

/** A connection whose pipelines pass a gate that it shares with others. */
export class GatedConnection implements RedisConnection {
  readonly #connection: RedisConnection;
  readonly #gate: Gate;

  constructor(connection: RedisConnection, gate: Gate) {
    this.#connection = connection;
    this.#gate = gate;
  }

  get bytesRead(): number {
    return this.#connection.bytesRead ?? 0;
  }

  async command(...command: Command): Promise<Reply> {
    const [raw] = await this.pipeline(encodeCommands([command]));
    return raw === undefined ? null : decodeReply(raw);
  }

  pipeline(commands: EncodedCommands): Promise<RawReply[]> {
    return this.#gate.pass(() => this.#connection.pipeline(commands));
  }

  readInto(block: ReplyBlock, commands: EncodedCommands): Promise<void> {
    return this.#gate.pass(() => readBlock(this.#connection, block, commands));
  }

  close(): void {
    this.#connection.close();
  }
}
