import type { CopyProgress } from '../cloud/data-plane.ts';
import type { TrafficFigures } from '../traffic/protocol.ts';
import type { JournalLine } from './journal-tail.ts';

/** Where the view is drawn: standard output, or standard error when standard output is for JSON alone. */
export interface Terminal {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}

export interface LiveViewOptions {
  terminal: Terminal;
  /** False where NO_COLOR is set or nobody watches. */
  colour: boolean;
  now: () => number;
  facts(): {
    traffic: TrafficFigures | undefined;
    copy: CopyProgress | undefined;
    holder: string | undefined;
  };
}

/** What happens, as it happens: a block that redraws itself on a terminal, lines in a log otherwise. */
export interface LiveView {
  say(text: string): void;
  line(line: JournalLine): void;
  stop(): void;
}

const redrawMs = 150;
const logTrafficMs = 2_000;

export function startLiveView(options: LiveViewOptions): LiveView {
  return options.terminal.isTTY === true ? new DrawnView(options) : new LoggedView(options);
}

/** One line for each thing that happens, and one about the traffic now and then. */
class LoggedView implements LiveView {
  readonly #options: LiveViewOptions;
  readonly #startedAtMs = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: LiveViewOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.say(trafficLine(options.facts())), logTrafficMs);
  }

  say(text: string): void {
    this.#options.terminal.write(`${text}\n`);
  }

  line(line: JournalLine): void {
    if (line.type === 'step_started' && line.step !== undefined) this.#startedAtMs.set(line.step, line.atMs);
    const said = wordsOf(line, this.#startedAtMs.get(line.step ?? ''));
    if (said !== undefined) this.say(said);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

interface Row {
  name: string;
  mark: 'running' | 'done' | 'failed' | 'undone';
  sinceMs: number;
  endedMs: number | undefined;
}

const marks: Record<Row['mark'], [sign: string, colour: number]> = {
  running: ['…', 33],
  done: ['✓', 32],
  failed: ['✗', 31],
  undone: ['↶', 35],
};

/** The steps so far with their times, and the traffic below, redrawn in place. */
class DrawnView implements LiveView {
  readonly #options: LiveViewOptions;
  readonly #rows = new Map<string, Row>();
  readonly #timer: NodeJS.Timeout;
  #drawnLines = 0;

  constructor(options: LiveViewOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#draw(), redrawMs);
  }

  say(text: string): void {
    this.#erase();
    this.#options.terminal.write(`${text}\n`);
    this.#draw();
  }

  line(line: JournalLine): void {
    if (line.step === undefined) {
      const said = wordsOf(line, undefined);
      if (said !== undefined) this.say(said);
      return;
    }
    const mark = markOf(line.type);
    if (mark === undefined) return;
    const before = this.#rows.get(line.step);
    const endedMs = mark === 'running' ? undefined : line.atMs;
    this.#rows.set(line.step, { name: line.step, mark, sinceMs: before?.sinceMs ?? line.atMs, endedMs });
    if (line.error !== undefined) this.say(`  ${line.step}: ${line.error.message}`);
    this.#draw();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#draw();
    this.#drawnLines = 0;
  }

  #draw(): void {
    this.#erase();
    const rows = [...this.#rows.values()].map((row) => this.#row(row));
    const lines = [...rows, ...(rows.length > 0 ? ['', trafficLine(this.#options.facts())] : [])];
    const width = this.#options.terminal.columns ?? 100;
    for (const text of lines) this.#options.terminal.write(`${cut(text, width)}\n`);
    this.#drawnLines = lines.length;
  }

  #row({ name, mark, sinceMs, endedMs }: Row): string {
    const [sign, colour] = marks[mark];
    const seconds = ((endedMs ?? this.#options.now()) - sinceMs) / 1000;
    const shown = this.#options.colour ? `\u001b[${colour}m${sign}\u001b[0m` : sign;
    return `  ${shown} ${name.padEnd(24)} ${seconds.toFixed(2).padStart(7)} s`;
  }

  #erase(): void {
    if (this.#drawnLines > 0) this.#options.terminal.write(`\u001b[${this.#drawnLines}A\u001b[J`);
    this.#drawnLines = 0;
  }
}

function markOf(type: string): Row['mark'] | undefined {
  switch (type) {
    case 'step_started':
      return 'running';
    case 'step_succeeded':
      return 'done';
    case 'step_failed':
    case 'undo_failed':
      return 'failed';
    case 'undone':
      return 'undone';
    default:
      return undefined;
  }
}

/** A line of the journal in words; undefined for those that say nothing to a person. */
function wordsOf(line: JournalLine, startedAtMs: number | undefined): string | undefined {
  const took = startedAtMs === undefined ? '' : ` in ${((line.atMs - startedAtMs) / 1000).toFixed(2)} s`;
  switch (line.type) {
    case 'step_started':
      return `  … ${line.step}`;
    case 'step_succeeded':
      return `  ✓ ${line.step}${took}`;
    case 'step_failed':
    case 'undo_failed':
      return `  ✗ ${line.step}: ${line.error?.message ?? line.type}`;
    case 'undone':
      return `  ↶ ${line.step}`;
    case 'approval_given':
      return `  approved by ${line.actor?.id ?? 'somebody'}`;
    case 'approval_rejected':
    case 'approval_expired':
    case 'approval_voided':
    case 'cutover_over_budget':
    case 'verification_stale':
      return `  ${line.type.replaceAll('_', ' ')}`;
    case 'ended':
      return `  ${(line.outcome ?? 'ended').replaceAll('_', ' ')}`;
    default:
      return undefined;
  }
}

/** The traffic and the copy in one line. */
export function trafficLine({ traffic, copy, holder }: ReturnType<LiveViewOptions['facts']>): string {
  if (traffic === undefined) return '  traffic: starting';
  const parts = [
    `${traffic.writesLastSecond} writes/s`,
    `${traffic.readsLastSecond} reads/s`,
    `${traffic.acknowledgedWrites} acknowledged`,
    `${traffic.refusedWrites} refused`,
    `gap ${Math.round(traffic.writeGap.ms)} ms`,
    `address: ${holder ?? 'nobody'}`,
  ];
  if (copy !== undefined) parts.push(copyPart(copy));
  return `  traffic: ${parts.join(', ')}`;
}

function copyPart({ phase, percent, lagBytes }: CopyProgress): string {
  if (phase === 'full') return `copy ${Math.round(percent)} %`;
  if (phase === 'incremental') return lagBytes < 0 ? 'lag unknown' : `lag ${lagBytes} bytes`;
  return `copy ${phase}`;
}

/** Cut to the terminal's width, colours not counted: a wrapped line could not be redrawn. */
function cut(text: string, width: number): string {
  if (text.includes('\u001b') || text.length < width) return text;
  return `${text.slice(0, Math.max(1, width - 2))}…`;
}
