import type { Actor } from '../upgrade/events.ts';

/** Characters that a terminal would obey instead of show: whoever wrote a reason must not move the cursor. */
const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Lines as they may be written to a terminal. */
export function safeText(lines: readonly string[]): string {
  return lines.map((line) => `${line.replaceAll(OBEYED, ' ').trimEnd()}\n`).join('');
}

/** `2026-11-22 03:12:05 UTC`: the same on every machine. */
export function timeOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `850 ms`, `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function durationOf(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function actorOf(who: Actor): string {
  if (who.kind === 'worker') return `the bot (${who.id})`;
  if (who.via === 'slack') return `${who.id} in Slack`;
  return `${who.id} at the terminal (operating-system user ${who.osUser ?? 'unknown'})`;
}

/** Rows with every column as wide as its widest cell; the last one is not padded. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.slice(0, -1).entries())
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return rows.map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  '));
}

/** The name of a field as a person reads it: `keysCompared` is `keys compared`. */
export function fieldName(name: string): string {
  return name
    .replace(/(At)?(Ms)$/u, '')
    .replaceAll(/([a-z0-9])([A-Z])/gu, '$1 $2')
    .toLowerCase();
}

/** A command as it is typed in Slack, and no part of a path. */
const SLACK_COMMAND =
  /(?<![\w./-])\/redis-upgrade(?: (resume|abort|finish|pause|rollback|verify|repair) (up-[a-z0-9]{8}))?(?![\w/-])/gu;

/** The service speaks of commands as they are typed in Slack; here they are typed into a shell. */
export function asTypedHere(message: string, program: string): string {
  return message.replaceAll(SLACK_COMMAND, (_, name?: string, upgradeId?: string) =>
    name === undefined || upgradeId === undefined ? program : `${program} ${name} ${upgradeId} --as WHO`,
  );
}
