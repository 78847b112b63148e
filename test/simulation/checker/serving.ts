import type { Entry } from '../history.ts';
import type { LastWord } from './last-word.ts';

/**
 * Which of the two instances clients are meant to use: the one that holds the old address; where they are told an address, the one
 * that they were told last.
 */
export class Serving {
  /** Undefined while nobody holds the old address. */
  now: string | undefined;
  /** Who did so last. */
  last: string;
  private readonly word: LastWord;

  constructor(word: LastWord) {
    this.word = word;
    this.last = word.source;
    this.now = word.switch === 'code' ? word.source : undefined;
  }

  see(entry: Entry): void {
    if (this.word.switch === 'code') {
      if (entry.kind === 'told') this.set(entry.instance);
      return;
    }
    if (entry.kind !== 'address') return;
    const { ip, port } = this.word.oldAddress;
    if (entry.ip === ip && entry.port === port) this.set(entry.instance);
    else if (this.now === entry.instance) this.now = undefined;
  }

  private set(instance: string): void {
    this.now = instance;
    this.last = instance;
  }
}

/** At the end of a history. */
export function servingAtEnd(entries: readonly Entry[], word: LastWord): string | undefined {
  if (word.switch === 'address') return word.holder;
  const serving = new Serving(word);
  for (const entry of entries) serving.see(entry);
  return serving.now;
}
