const OFFSET_MS = 8 * 3_600_000;
const PRINTED = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})$/;

/**
 * Epoch milliseconds of a time as Tencent prints it, `2026-04-23 20:21:35`, which is Beijing time and says so nowhere. A time with
 * its own offset is taken at its word. undefined for unset ones (`0000-00-00 00:00:00`, empty) and for what is not a time.
 */
export function parseBeijingTime(text: string): number | undefined {
  const withOffset = PRINTED.test(text) ? `${text.replace(' ', 'T')}+08:00` : text;
  if (!/[zZ]$|[+-]\d{2}:\d{2}$/.test(withOffset)) {
    return;
  }
  const ms = Date.parse(withOffset);
  return Number.isNaN(ms) ? undefined : ms;
}

/** `2026-04-23 20:21:35`, as Tencent wants times of lists; seconds are cut off. */
export function formatBeijingTime(epochMs: number): string {
  return new Date(epochMs + OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** `2026-04-23T20:21:35+08:00`, as the monitor wants times. */
export function formatBeijingIso(epochMs: number): string {
  return `${new Date(epochMs + OFFSET_MS).toISOString().slice(0, 19)}+08:00`;
}
