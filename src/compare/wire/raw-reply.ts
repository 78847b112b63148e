/** A reply larger than the limit: its bytes were dropped as they came in, its SHA-256 was kept. */
export interface OversizeReply {
  readonly bytes: number;
  readonly sha256: string;
}

/** One complete reply exactly as the server sent it, or what is left of one that was too large to keep. */
export type RawReply = Buffer | OversizeReply;
