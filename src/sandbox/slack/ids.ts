import type { Clock } from './clock.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Ids and timestamps in Slack's shapes. The same random source gives the same ids. */
export interface Ids {
  /** One prefix letter and ten upper-case letters or digits, e.g. `V0AB12CD34E`. */
  entity(prefix: string): string;
  /** A secret part of an address or a token. */
  secret(length?: number): string;
  /** A message timestamp, `seconds.microseconds`, never given twice and always rising. */
  timestamp(): string;
}

export function createIds(random: () => number, clock: Clock): Ids {
  const letters = (length: number): string =>
    Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)] ?? 'A').join('');
  let lastMicros = 0;
  return {
    entity: (prefix) => `${prefix}0${letters(9)}`,
    secret: (length = 24) => letters(length),
    timestamp() {
      lastMicros = Math.max(Math.floor(clock.now() * 1_000), lastMicros + 1);
      const seconds = Math.floor(lastMicros / 1_000_000);
      return `${seconds}.${String(lastMicros % 1_000_000).padStart(6, '0')}`;
    },
  };
}
