/** Where the sandbox takes the time from, in milliseconds since 1970. */
export interface Clock {
  now(): number;
}

const beijingOffsetMs = 8 * 60 * 60 * 1000;

/** Tencent prints this where a time was never set. */
export const unsetTime = '0000-00-00 00:00:00';

/** Beijing time as `yyyy-mm-dd hh:mm:ss`, the form of nearly every time in the Redis and DTS answers. */
export function beijingTime(epochMs: number | undefined): string {
  if (epochMs === undefined) return unsetTime;
  return new Date(epochMs + beijingOffsetMs).toISOString().slice(0, 19).replace('T', ' ');
}

/** The inverse of beijingTime; undefined when `text` has another form. */
export function parseBeijingTime(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text)) return undefined;
  const utc = Date.parse(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(utc) ? undefined : utc - beijingOffsetMs;
}
