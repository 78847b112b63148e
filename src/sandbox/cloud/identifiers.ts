const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** An id in Tencent's form: prefix, dash, eight lower-case letters or digits. */
export function shortId(prefix: string, random: () => number): string {
  let id = '';
  for (let i = 0; i < 8; i++) id += alphabet.charAt(Math.floor(random() * alphabet.length));
  return `${prefix}-${id}`;
}

/** A request id in the form of a version 4 uuid. */
export function requestId(random: () => number): string {
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll('x', () => Math.floor(random() * 16).toString(16));
}

/** A positive integer of `digits` digits, as Tencent numbers networks and nodes. */
export function numericId(digits: number, random: () => number): number {
  const lowest = 10 ** (digits - 1);
  return lowest + Math.floor(random() * 9 * lowest);
}
