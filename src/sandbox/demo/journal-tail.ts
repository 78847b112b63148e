import { Redis } from 'ioredis';
import { z } from 'zod';

/**
 * What the demo needs of a line in the bot's journal. The journal is a list in the bot's Redis that only grows, one JSON
 * text a line; it is read as an operator with redis-cli would read it, and nothing is ever written there.
 */
const lineSchema = z.looseObject({
  type: z.string(),
  atMs: z.number(),
  step: z.string().optional(),
  outcome: z.string().optional(),
  actor: z.looseObject({ kind: z.string(), id: z.string() }).optional(),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
  // Of a comparison; what is shown for other decisions is of no interest here.
  evidence: z.looseObject({ keysCompared: z.number(), differences: z.number() }).optional().catch(undefined),
});
export type JournalLine = z.infer<typeof lineSchema>;

export interface JournalTail {
  /** What has been read so far, oldest first. */
  readonly lines: readonly JournalLine[];
  /** Resolves with the first line that fits, read already or read before the deadline. */
  until(
    fits: (line: JournalLine) => boolean,
    options: { what: string; timeoutMs: number },
  ): Promise<JournalLine>;
  close(): void;
}

export interface JournalTailOptions {
  storeUrl: string;
  upgradeId: string;
  pollMs: number;
  onLine?: (line: JournalLine) => void;
}

export function followJournal(options: JournalTailOptions): JournalTail {
  const redis = new Redis(options.storeUrl);
  redis.on('error', () => undefined);
  const lines: JournalLine[] = [];
  const listeners = new Set<(line: JournalLine) => void>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const poll = async () => {
    const fresh = await redis.lrange(`redis-upgrade:journal:${options.upgradeId}`, lines.length, -1);
    for (const text of fresh) {
      const line = lineSchema.parse(JSON.parse(text));
      lines.push(line);
      options.onLine?.(line);
      for (const listener of [...listeners]) listener(line);
    }
  };
  const again = () => {
    poll()
      // The store may be gone for a moment; whoever waits for a line has a deadline.
      .catch(() => undefined)
      .finally(() => {
        if (!closed) timer = setTimeout(again, options.pollMs);
      });
  };
  again();
  return {
    lines,
    until: (fits, { what, timeoutMs }) =>
      new Promise((resolve, reject) => {
        const present = lines.find(fits);
        if (present !== undefined) return resolve(present);
        const listener = (line: JournalLine) => {
          if (!fits(line)) return;
          clearTimeout(deadline);
          listeners.delete(listener);
          resolve(line);
        };
        const deadline = setTimeout(() => {
          listeners.delete(listener);
          reject(new Error(`no ${what} in the journal within ${timeoutMs} ms; it ends with ${endOf(lines)}`));
        }, timeoutMs);
        deadline.unref();
        listeners.add(listener);
      }),
    close: () => {
      closed = true;
      clearTimeout(timer);
      redis.disconnect();
    },
  };
}

function endOf(lines: readonly JournalLine[]): string {
  const last = lines
    .slice(-3)
    .map(({ type, step, error }) => [type, step, error?.message].filter(Boolean).join(' '));
  return last.length === 0 ? 'nothing' : last.join(', ');
}

/** Each step that succeeded, in that order, with the time from its first start to its success. */
export function stepTimes(lines: readonly JournalLine[]): { name: string; ms: number }[] {
  const startedAtMs = new Map<string, number>();
  const times = new Map<string, number>();
  for (const { type, step, atMs } of lines) {
    if (step === undefined) continue;
    if (type === 'step_started' && !startedAtMs.has(step)) startedAtMs.set(step, atMs);
    if (type === 'step_succeeded') times.set(step, atMs - (startedAtMs.get(step) ?? atMs));
  }
  return [...times].map(([name, ms]) => ({ name, ms }));
}
