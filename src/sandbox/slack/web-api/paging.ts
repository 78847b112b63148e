import type { JsonObject } from '../json.ts';
import type { Arguments } from './call.ts';
import { SlackFailure } from './failure.ts';

const maxPageSize = 1_000;

export interface Page<Item> {
  items: Item[];
  hasMore: boolean;
  responseMetadata: JsonObject;
}

/** One page of a list by `cursor` and `limit`, as Slack pages. */
export function page<Item>(all: readonly Item[], args: Arguments, defaultLimit: number): Page<Item> {
  const cursor = args.text('cursor');
  const start =
    cursor === undefined ? 0 : Number(Buffer.from(cursor, 'base64url').toString().replace('at:', ''));
  if (!Number.isInteger(start) || start < 0) throw new SlackFailure('invalid_cursor');
  const end = start + Math.min(args.count('limit', defaultLimit), maxPageSize);
  const hasMore = end < all.length;
  return {
    items: all.slice(start, end),
    hasMore,
    responseMetadata: { next_cursor: hasMore ? Buffer.from(`at:${end}`).toString('base64url') : '' },
  };
}
