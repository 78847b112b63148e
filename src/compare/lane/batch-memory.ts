import { NameList } from '../wire/name-list.ts';
import { ReplyBlock } from '../wire/reply-block.ts';
import { CommandWriter } from '../wire/resp-commands.ts';

/** Replies of one side to one piece of a batch; values that do not fit any more are read page by page instead. */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** What the target's replies to one piece should come to. */
const PIECE_BYTES = 512 * 1024;
/** Nothing is known about the values before the first piece. */
const FIRST_PIECE_KEYS = 16;

/**
 * What one lane reads its batches with, kept from one batch to the next: nothing is allocated for a batch of equal keys. It also
 * holds how many keys are asked for at a time, so that a batch of large values neither fills the memory nor makes a
 * server put together more than about half a megabyte at once.
 */
export class BatchMemory {
  /** The keys of a page of SCAN. */
  readonly names = new NameList();
  /** The elements of a page of HSCAN or SSCAN. */
  readonly elements = new NameList();
  readonly writer = new CommandWriter();
  /** Where in the writer the questions about each key of a piece begin. */
  readonly questions: number[] = [];
  readonly source = new ReplyBlock(BLOCK_BYTES);
  readonly target = new ReplyBlock(BLOCK_BYTES);
  #pieceKeys = FIRST_PIECE_KEYS;

  /** Keys of a batch to read at a time. */
  get pieceKeys(): number {
    return this.#pieceKeys;
  }

  /** Learns from a piece of so many keys, whose values on the target came to so many bytes. */
  learn(keys: number, bytes: number): void {
    if (bytes > PIECE_BYTES) this.#pieceKeys = Math.max(1, Math.floor((keys * PIECE_BYTES) / bytes));
    else if (bytes < PIECE_BYTES / 2) this.#pieceKeys = Math.max(this.#pieceKeys, keys * 2);
  }
}
