import { z } from 'zod';
import type { Difference } from '../compare/values/difference.ts';

/** The report is kept in the store and shown to people: no more than this of it, however much differs. */
const MAX_LINES = 10_000;
const MAX_BYTES = 2 * 1024 * 1024;

const lineSchema = z.object({
  db: z.number(),
  key: z.string(),
  keyBase64: z.string(),
  type: z.string(),
  kind: z.string(),
  where: z.string(),
});
type Line = z.infer<typeof lineSchema>;

/** Every difference that a comparison proved, each once, as JSON lines: names of keys, what differs and where; never a value. */
export class VerificationReport {
  private readonly lines = new Map<string, Line>();
  private bytes = 0;
  private overflowed = false;
  private changed = false;

  /** As it was stored; what cannot be read is left out. */
  static parse(stored: string | undefined): VerificationReport {
    const report = new VerificationReport();
    for (const text of (stored ?? '').split('\n')) {
      const line = lineOf(text);
      if (line !== undefined) report.add(line);
    }
    report.changed = false;
    return report;
  }

  /** A difference that was told before, as after a crash, changes nothing. */
  add({ db, key, keyBase64, type, kind, where }: Difference | Line): void {
    const line = { db, key, keyBase64, type, kind, where };
    const name = JSON.stringify([db, keyBase64, kind, where]);
    if (this.lines.has(name)) return;
    const bytes = Buffer.byteLength(JSON.stringify(line)) + 1;
    if (this.lines.size >= MAX_LINES || this.bytes + bytes > MAX_BYTES) {
      this.overflowed = true;
      return;
    }
    this.lines.set(name, line);
    this.bytes += bytes;
    this.changed = true;
  }

  /** True when something was added since it was read. */
  get isChanged(): boolean {
    return this.changed;
  }

  /** Every key that differs with all it differs in; undefined when not all of them are in the report. */
  allKeys(count: number): readonly Line[] | undefined {
    const keys = new Set([...this.lines.values()].map(({ db, keyBase64 }) => `${db}:${keyBase64}`));
    return this.overflowed || keys.size !== count ? undefined : [...this.lines.values()];
  }

  /** `db:base64` of every key in it, as a comparison takes them to be looked at first. */
  keys(): string[] {
    return [...new Set([...this.lines.values()].map(({ db, keyBase64 }) => `${db}:${keyBase64}`))];
  }

  toString(): string {
    return [...this.lines.values()].map((line) => `${JSON.stringify(line)}\n`).join('');
  }
}

function lineOf(text: string): Line | undefined {
  if (text === '') return undefined;
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
