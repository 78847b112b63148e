import type { Finding } from './difference.ts';
import type { ReadableType } from './whole-value.ts';

/** How far a big value has been read. Plain data, so that it can be part of a checkpoint. */
export interface PagedProgress {
  readonly db: number;
  readonly key: Buffer;
  readonly type: ReadableType;
  /** Where the next page starts: an offset, an index, a scanning cursor or a stream id; undefined before the first look. */
  position: string | undefined;
  /** Elements (or bytes of a string) asked for next time; adapts to the size of the elements. */
  page: number;
  /** Elements or bytes compared so far. */
  seen: number;
  /** The target had more elements than the source when the key was first looked at. */
  surplus: boolean;
  /** Sets and hashes: now reading the target, to name what only it has. */
  reverse: boolean;
  findings: Finding[];
}

/** The first page is small, since nothing is known yet about the size of the elements. */
const FIRST_PAGE_ELEMENTS = 64;

/** Progress of a big value that nobody has looked at yet. */
export function startPaged(
  at: { db: number; key: Buffer; type: ReadableType },
  pageBytes: number,
): PagedProgress {
  const page = at.type === 'string' ? pageBytes : FIRST_PAGE_ELEMENTS;
  return { ...at, position: undefined, page, seen: 0, surplus: false, reverse: false, findings: [] };
}
