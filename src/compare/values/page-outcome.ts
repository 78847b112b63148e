import { refusal } from '../wire/compare-error.ts';
import type { RawReply } from '../wire/raw-reply.ts';
import { errorOf, isOversize } from '../wire/resp-reply.ts';
import { type Finding, finding } from './difference.ts';

/** What one page of a big value showed. */
export interface PageOutcome {
  readonly findings: Finding[];
  /** Where to go on; undefined at the end of the value. */
  readonly next: string | undefined;
  /** Elements or bytes compared. */
  readonly count: number;
  /** Size of the reply, to choose the size of the next page. */
  readonly bytes: number;
}

/** A page that showed a difference; the value is not read on. */
export function found(one: Finding): PageOutcome {
  return { findings: [one], next: undefined, count: 0, bytes: 0 };
}

/** A reply that may be about another type than asked for; any other error reply is an operating error. */
export function checked(raw: RawReply | undefined): RawReply {
  if (raw === undefined) throw refusal({ code: 'ERR', message: 'no reply' }, 'reading a page');
  const error = errorOf(raw);
  if (error !== undefined && error.code !== 'WRONGTYPE') throw refusal(error, 'reading a page');
  return raw;
}

/** What replies show that are no page of the type asked for. */
export function changedMeanwhile(source: RawReply, target: RawReply): Finding {
  if (isOversize(source) || isOversize(target)) {
    const digests = [source, target].map((raw) => (isOversize(raw) ? raw.sha256 : String(raw.length)));
    return finding('not_compared', 'a page of elements too large to be read, and not the same', digests);
  }
  return finding('type', CHANGED, [source, target]);
}

/** In words: the key has another type than at the beginning. */
export const CHANGED = 'changed its type while it was read';
