import { lengthCommandOf } from '../values/value-commands.ts';
import { refusal } from '../wire/compare-error.ts';
import type { RedisConnection } from '../wire/redis-connection.ts';
import { type Command, encodeCommands } from '../wire/resp-commands.ts';
import { integerOf, scanPageOf } from '../wire/resp-reply.ts';
import { type Receiver, writeGroups } from './receiver-writes.ts';
import { typeNameOf } from './repair-ends.ts';

/** Where a key is to be emptied, and how much of it at a time. */
export interface ShrinkAt {
  readonly connection: RedisConnection;
  readonly receiver: Receiver;
  /** Elements removed by one command: a value with no more is deleted at once. */
  readonly pageElements: number;
}

/**
 * Takes one page off a key that nobody uses, whatever its type. Gives undefined when the key is gone, else the cursor to hand in next
 * time. UNLINK does this in one go, but only since 4.0, and not every server allows it.
 */
export async function shrinkPage(at: ShrinkAt, key: Buffer, cursor: string): Promise<string | undefined> {
  const { connection, receiver, pageElements } = at;
  const [typed] = await connection.pipeline(encodeCommands([['TYPE', key]]));
  const type = typeNameOf(typed);
  if (type === undefined) throw refusal({ code: 'ERR', message: 'TYPE gave no type' }, 'cleaning up');
  if (type === 'none') return undefined;
  const length = await lengthOn(connection, key, type);
  if (type === 'string' || length <= pageElements) {
    await writeGroups(connection, [[['DEL', key]]], receiver);
    return undefined;
  }
  const page = await pageToRemove(at, { key, type, length, cursor });
  await writeGroups(connection, [[page.command]], receiver);
  return page.cursor;
}

async function lengthOn(connection: RedisConnection, key: Buffer, type: string): Promise<number> {
  const command = lengthCommandOf(type);
  if (command === undefined) return 0;
  const [raw] = await connection.pipeline(encodeCommands([[command, key]]));
  return integerOf(raw) ?? 0;
}

interface Shrinking {
  readonly key: Buffer;
  readonly type: string;
  readonly length: number;
  readonly cursor: string;
}

async function pageToRemove(at: ShrinkAt, what: Shrinking): Promise<{ command: Command; cursor: string }> {
  const { key, type, length, cursor } = what;
  const count = at.pageElements;
  if (type === 'list') return { command: ['LTRIM', key, '0', String(-count - 1)], cursor };
  if (type === 'zset') return { command: ['ZREMRANGEBYRANK', key, '0', String(count - 1)], cursor };
  if (type === 'stream') return { command: ['XTRIM', key, 'MAXLEN', String(length - count)], cursor };
  const scan = type === 'set' ? 'SSCAN' : 'HSCAN';
  const [raw] = await at.connection.pipeline(encodeCommands([[scan, key, cursor, 'COUNT', String(count)]]));
  const page = scanPageOf(raw);
  const elements = page?.elements.filter((_, index) => type === 'set' || index % 2 === 0) ?? [];
  // A page without elements removes a name that cannot be there.
  const names = elements.length > 0 ? elements : [Buffer.alloc(0)];
  return { command: [type === 'set' ? 'SREM' : 'HDEL', key, ...names], cursor: page?.cursor ?? '0' };
}
