import { safeText } from '../words.ts';
import { progressBar, progressLine, type Shown } from './progress-text.ts';

/** Where people read: a terminal, or a file. */
export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

const DEFAULT_COLUMNS = 80;
/** Between two lines where nobody redraws. */
const LINE_EVERY_MS = 5_000;
const CLEAR_LINE = '\r\x1b[2K';

/** Shows how far it is: in a terminal one line that is drawn anew, elsewhere a line every few seconds. */
export class ProgressDisplay {
  readonly #stream: Stream;
  readonly #now: () => number;
  #lastLineAt: number;
  #isDrawn = false;

  constructor(stream: Stream, now: () => number) {
    this.#stream = stream;
    this.#now = now;
    this.#lastLineAt = now();
  }

  show(shown: Shown): void {
    if (this.#stream.isTTY === true) {
      const bar = safeText([progressBar(shown, this.#stream.columns || DEFAULT_COLUMNS)]).trimEnd();
      this.#stream.write(`${CLEAR_LINE}${bar}`);
      this.#isDrawn = true;
    } else if (this.#now() - this.#lastLineAt >= LINE_EVERY_MS) {
      this.#lastLineAt = this.#now();
      this.#stream.write(safeText([progressLine(shown)]));
    }
  }

  /** Something worth a line of its own; the next progress is drawn below it. */
  say(...lines: string[]): void {
    this.clear();
    this.#stream.write(safeText(lines));
  }

  /** Takes the drawn line away. */
  clear(): void {
    if (this.#isDrawn) this.#stream.write(CLEAR_LINE);
    this.#isDrawn = false;
  }
}
