import type { Verdict } from '../compare/comparison.ts';
import type { RedisConnection } from '../compare/wire/redis-connection.ts';
import type { Instance } from '../upgrade/instance.ts';
import { unexpected } from './redis-access.ts';
import type { StepDeps } from './step-deps.ts';
import type { VerificationReport } from './verification-report.ts';

/** Keys asked about in one round trip. */
const BATCH = 500;
/** PTTL of a key that does not expire. */
const NO_EXPIRY = -1;

/**
 * Whether all that differs is the gap that every copy of a snapshot and of what follows it leaves: a key whose time ran out between
 * the snapshot and the moment it was applied, while a client had renewed it on the source. The renewal finds no key on the
 * target, so the key is missing there for good. To copy such keys again adds only what the copy should have brought.
 */
export async function isRenewalGap(
  deps: StepDeps,
  source: Instance,
  found: { verdict: Verdict; report: VerificationReport },
): Promise<boolean> {
  const { verdict, report } = found;
  const { missing, ...others } = verdict.byKind;
  if (!verdict.complete || missing === 0 || Object.values(others).some((count) => count > 0)) return false;
  const keys = report.allKeys(verdict.differences)?.toSorted((a, b) => a.db - b.db);
  if (keys === undefined || keys.some(({ kind }) => kind !== 'missing')) return false;
  return deps.access.use(source, async (connection) => {
    for (const db of new Set(keys.map((line) => line.db))) {
      // A cluster knows no SELECT; a new connection is at 0.
      if (db !== 0) await connection.command('SELECT', String(db));
      const here = keys.filter((line) => line.db === db).map((line) => Buffer.from(line.keyBase64, 'base64'));
      if (!(await allExpire(connection, here))) return false;
    }
    return true;
  });
}

/** One that has expired meanwhile is missing rightly. */
async function allExpire(connection: RedisConnection, keys: readonly Buffer[]): Promise<boolean> {
  for (let from = 0; from < keys.length; from += BATCH) {
    const batch = keys.slice(from, from + BATCH);
    const left = await Promise.all(batch.map((key) => connection.command('PTTL', key)));
    const odd = left.find((reply) => typeof reply !== 'number');
    if (odd !== undefined) throw unexpected('PTTL', odd);
    if (left.includes(NO_EXPIRY)) return false;
  }
  return true;
}
