import { type Phrase, phraseText } from './phrase.ts';
import { count } from './words.ts';

/** What is posted as a file: whole lines of what a comparison listed. */
export interface ReportFile {
  content: string;
  lines: number;
  /** Lines that did not fit. */
  left: number;
}

/** The first whole lines of a list, at most `maxBytes` of them; undefined when there is none. */
export function reportFile(list: string, maxBytes: number): ReportFile | undefined {
  const all = list.split('\n').filter((line) => line.trim() !== '');
  const kept: string[] = [];
  let bytes = 0;
  for (const line of all) {
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > maxBytes) break;
    kept.push(line);
  }
  if (kept.length === 0) return undefined;
  return { content: `${kept.join('\n')}\n`, lines: kept.length, left: all.length - kept.length };
}

/** Which comparison a file is of; no other message of a thread says this. A file is found again by these words. */
export function reportMark(upgradeId: string, comparison: number): string {
  return `comparison ${comparison} of ${upgradeId}`;
}

/** Said above the file. */
export function reportText(mark: string, { lines, left }: ReportFile): string {
  const cut =
    left === 0
      ? ''
      : ` They are the first ${count(lines)} of ${count(lines + left)}; more would make the file too large.`;
  return phraseText([
    `The differences that ${mark} found, one a line: which key, and what differs where. What the keys hold is not in it.${cut}`,
  ]);
}

/** Said instead of the file when Slack does not take it. `why` says what to do about it. */
export function reportRefused(mark: string, lines: number, why: string): Phrase {
  return [
    `The differences that ${mark} found (${count(lines)}) could not be attached as a file. ${why} What is said above about them holds.`,
  ];
}
