import { refusal } from './compare-error.ts';
import type { RedisConnection } from './redis-connection.ts';
import { encodeCommands } from './resp-commands.ts';
import { errorOf, type ScanPage, scanPageOf } from './resp-reply.ts';
import { isTemporaryKey } from './temporary-key.ts';

/** A page of SCAN, with the keys apart that a repair made for itself: they are no data. */
export interface KeyPage extends ScanPage {
  readonly temporary: Buffer[];
}

/** Reads the next page of SCAN. */
export async function scanKeys(connection: RedisConnection, cursor: string, count: number): Promise<KeyPage> {
  const [raw] = await connection.pipeline(encodeCommands([['SCAN', cursor, 'COUNT', String(count)]]));
  const page = scanPageOf(raw);
  if (page !== undefined) {
    const temporary = page.elements.filter(isTemporaryKey);
    const elements =
      temporary.length === 0 ? page.elements : page.elements.filter((key) => !isTemporaryKey(key));
    return { cursor: page.cursor, elements, temporary };
  }
  const error = raw === undefined ? undefined : errorOf(raw);
  throw refusal(error ?? { code: 'ERR', message: 'SCAN gave no page' }, 'listing keys');
}
