import { shownUrl } from './address.ts';
import type { CompareRequest } from './command-line.ts';
import type { OptionName } from './options.ts';

/** What a shell takes as one word without quotes. */
const PLAIN = /^[\w./:@=%+,-]+$/u;

/** The command to type next: as it was typed, with the word PASSWORD for a password, and `more` at its end. */
export function commandAgain(
  request: CompareRequest,
  program: string,
  change: { more?: readonly string[]; without?: OptionName } = {},
): string {
  const { source, target } = request.addresses;
  const options = request.again.filter(({ name }) => name !== change.without).flatMap(({ words }) => words);
  const words = ['compare', shownUrl(source), shownUrl(target), ...options, ...(change.more ?? [])];
  return [program, ...words.map(quotedForShell)].join(' ');
}

function quotedForShell(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
