/** One command: its name and arguments. Strings are sent as UTF-8, Buffers as they are. */
export type Command = readonly (string | Buffer)[];

/** Arguments as a reply brought them: bulk strings look the same both ways, so they are handed on without being taken apart. */
export interface Bulks {
  readonly bytes: Buffer;
  readonly count: number;
}

/** Bulk strings of which each can be found by its index. */
export interface BulkPlaces {
  readonly bytes: Buffer;
  /** Where one begins, with its header. */
  bulkStart(index: number): number;
  /** Where it ends, with its line end. */
  bulkEnd(index: number): number;
}

/** A command among whose arguments some are handed on from a reply. */
export type CopyingCommand = readonly (string | Buffer | Bulks)[];

/** Commands encoded for the wire, and how many replies they will bring. */
export interface EncodedCommands {
  readonly bytes: Buffer;
  readonly count: number;
}

/** A command with one open place, the key; everything else is encoded once. */
export interface CommandTemplate {
  readonly head: Buffer;
  readonly tail: Buffer;
}

/** A template of `NAME key …` whose open place is an element of that key. */
export function elementTemplate(name: string, key: Buffer): CommandTemplate {
  const writer = new CommandWriter(key.length + SHORT_BYTES);
  writer.add([name, key, '']);
  const { bytes } = writer.finish();
  return { head: Buffer.from(bytes.subarray(0, bytes.length - bulk('').length)), tail: Buffer.alloc(0) };
}

/** A template of `NAME key ...rest`. */
export function commandTemplate(name: string, ...rest: string[]): CommandTemplate {
  const head = `*${rest.length + 2}\r\n${bulk(name)}`;
  return { head: Buffer.from(head), tail: Buffer.from(rest.map(bulk).join('')) };
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

const INITIAL_BYTES = 16_384;
const SHORT_BYTES = 48;

/** Collects commands for one pipeline in one buffer, so that a batch is one write and no garbage. */
export class CommandWriter {
  #buffer: Buffer;
  #length = 0;
  #count = 0;

  /** `bytes`: how much is expected to be written; more is possible. */
  constructor(bytes = INITIAL_BYTES) {
    this.#buffer = Buffer.allocUnsafe(Math.max(INITIAL_BYTES, bytes));
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes collected so far: where the next command begins. */
  get length(): number {
    return this.#length;
  }

  /** Forgets what was collected. The bytes of before must have been sent: their memory is used again. */
  clear(): void {
    this.#length = 0;
    this.#count = 0;
  }

  /** Appends the template with this key in its open place. */
  addTemplate(template: CommandTemplate, key: Buffer): void {
    this.#reserve(template.head.length + key.length + template.tail.length + 32);
    this.#append(template.head);
    this.#appendBulk(key);
    this.#append(template.tail);
    this.#count += 1;
  }

  /** Appends the template with one of these in its open place. */
  addAround(template: CommandTemplate, list: BulkPlaces, index: number): void {
    const { head, tail } = template;
    const [start, end] = [list.bulkStart(index), list.bulkEnd(index)];
    this.#reserve(head.length + end - start + tail.length);
    this.#copy(head, 0, head.length);
    this.#copy(list.bytes, start, end);
    this.#copy(tail, 0, tail.length);
    this.#count += 1;
  }

  /** Appends a command that begins with these words and ends with those of the list: all, or with `step` 2 every second one. */
  addList(
    words: readonly (string | Buffer)[],
    list: BulkPlaces & { readonly count: number },
    step: 1 | 2,
  ): void {
    this.#reserve(32);
    this.#ascii(`*${words.length + Math.ceil(list.count / step)}\r\n`);
    for (const word of words) this.#appendWord(word);
    for (let index = 0; index < list.count; index += step) {
      const [start, end] = [list.bulkStart(index), list.bulkEnd(index)];
      this.#reserve(end - start);
      this.#copy(list.bytes, start, end);
    }
    this.#count += 1;
  }

  /** Appends any command. */
  add(command: CopyingCommand): void {
    let words = 0;
    for (const argument of command) words += isBulks(argument) ? argument.count : 1;
    this.#reserve(32);
    this.#ascii(`*${words}\r\n`);
    for (const argument of command) {
      if (isBulks(argument)) {
        this.#reserve(argument.bytes.length);
        this.#append(argument.bytes);
        continue;
      }
      this.#appendWord(argument);
    }
    this.#count += 1;
  }

  /** What was collected, in the writer's own memory. */
  finish(): EncodedCommands {
    return { bytes: this.#buffer.subarray(0, this.#length), count: this.#count };
  }

  /** So many commands of what was collected, which lie there, in the writer's own memory. */
  part(from: number, to: number, count: number): EncodedCommands {
    return { bytes: this.#buffer.subarray(from, to), count };
  }

  #appendWord(word: string | Buffer): void {
    const bytes = typeof word === 'string' ? Buffer.from(word) : word;
    this.#reserve(bytes.length + 32);
    this.#appendBulk(bytes);
  }

  #appendBulk(bytes: Buffer): void {
    if (bytes.length >= 10 && bytes.length < 100) this.#twoDigits(bytes.length);
    else this.#ascii(`$${bytes.length}\r\n`);
    this.#append(bytes);
    this.#buffer[this.#length] = 13;
    this.#buffer[this.#length + 1] = 10;
    this.#length += 2;
  }

  /** The length of nearly every key, without making a text of it. */
  #twoDigits(length: number): void {
    const tens = Math.floor(length / 10);
    this.#buffer[this.#length] = 36;
    this.#buffer[this.#length + 1] = 48 + tens;
    this.#buffer[this.#length + 2] = 48 + length - tens * 10;
    this.#buffer[this.#length + 3] = 13;
    this.#buffer[this.#length + 4] = 10;
    this.#length += 5;
  }

  #append(bytes: Buffer): void {
    this.#copy(bytes, 0, bytes.length);
  }

  #copy(bytes: Buffer, start: number, end: number): void {
    const buffer = this.#buffer;
    const shift = this.#length - start;
    // A call to copy costs more than a few bytes do.
    if (end - start > SHORT_BYTES) bytes.copy(buffer, this.#length, start, end);
    else for (let index = start; index < end; index += 1) buffer[shift + index] = bytes[index] ?? 0;
    this.#length += end - start;
  }

  #ascii(text: string): void {
    for (let index = 0; index < text.length; index += 1)
      this.#buffer[this.#length + index] = text.charCodeAt(index);
    this.#length += text.length;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

function isBulks(argument: string | Buffer | Bulks): argument is Bulks {
  return typeof argument === 'object' && 'count' in argument;
}

/** Encodes a list of commands as one pipeline. */
export function encodeCommands(commands: readonly CopyingCommand[]): EncodedCommands {
  const writer = new CommandWriter();
  for (const command of commands) writer.add(command);
  return writer.finish();
}
