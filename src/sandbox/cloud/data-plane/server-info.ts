import type { Reply } from './resp/decode-reply.ts';

/** The lines of INFO by name. */
export function parseInfo(reply: Reply): Map<string, string> {
  const text = Buffer.isBuffer(reply) ? reply.toString('utf8') : '';
  return new Map(
    text
      .split(/\r?\n/)
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
}

/** A number of INFO; NaN would hide a mistake, so a missing one throws. */
export function figureOf(info: ReadonlyMap<string, string>, name: string): number {
  const value = info.get(name);
  if (value === undefined || !/^-?\d+$/.test(value)) throw new Error(`INFO has no figure ${name}: ${value}`);
  return Number(value);
}

/** Keys by database, of INFO's keyspace section: `db0:keys=12,expires=0,avg_ttl=0`. */
export function keysByDatabase(info: ReadonlyMap<string, string>): Map<number, number> {
  const databases = new Map<number, number>();
  for (const [name, value] of info) {
    const keys = /^keys=(\d+)/.exec(value)?.[1];
    if (/^db\d+$/.test(name) && keys !== undefined) databases.set(Number(name.slice(2)), Number(keys));
  }
  return databases;
}

/** Keys of all databases. */
export function keysOf(info: ReadonlyMap<string, string>): number {
  return [...keysByDatabase(info).values()].reduce((total, keys) => total + keys, 0);
}
