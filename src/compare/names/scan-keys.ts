import { refusal } from '../wire/compare-error.ts';
import type { NameList } from '../wire/name-list.ts';
import { type RedisConnection, readBlock } from '../wire/redis-connection.ts';
import { encodeCommands } from '../wire/resp-commands.ts';
import { errorOf } from '../wire/resp-reply.ts';
import { isTemporaryKey, startsLikeTemporary } from './temporary-key.ts';

/** What a page of SCAN said beside its names. */
export interface KeyPage {
  /** Where to go on; `'0'` after the last page. */
  readonly cursor: string;
  /** Keys that a repair made for itself: they are no data, and not in the list. */
  readonly temporary: Buffer[];
}

/** Reads the next page of SCAN into this list. */
export async function scanKeys(
  connection: RedisConnection,
  names: NameList,
  at: { cursor: string; count: number },
): Promise<KeyPage> {
  const block = names.emptied();
  await readBlock(connection, block, encodeCommands([['SCAN', at.cursor, 'COUNT', String(at.count)]]));
  const cursor = names.takePage();
  if (cursor !== undefined) return { cursor, temporary: takeTemporary(names) };
  const error = block.count > 0 ? errorOf(block.raw(0)) : undefined;
  throw refusal(error ?? { code: 'ERR', message: 'SCAN gave no page' }, 'listing keys');
}

function takeTemporary(names: NameList): Buffer[] {
  const temporary: Buffer[] = [];
  names.keepIf((bytes, start, end) => {
    if (!startsLikeTemporary(bytes, start)) return true;
    const key = Buffer.from(bytes.subarray(start, end));
    if (!isTemporaryKey(key)) return true;
    temporary.push(key);
    return false;
  });
  return temporary;
}
