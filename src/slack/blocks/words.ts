import type { Actor } from '../../upgrade/events.ts';
import type { InstanceFacts } from '../../upgrade/plan.ts';
import type { Piece } from './phrase.ts';

/**
 * Whoever did it: a mention, the bot itself, or an id given at the terminal with the account that vouches for it. That is
 * no mention: Slack did not see this person.
 */
export function actor(who: Actor): Piece {
  if (who.kind === 'worker') return 'the bot';
  if (who.via === 'slack') return { user: who.id };
  const account = who.osUser === undefined ? '' : ` (operating-system user ${who.osUser})`;
  return `${who.id} at the terminal${account}`;
}

/** Whoever did it, at the beginning of a sentence. */
export function leadingActor(who: Actor): Piece {
  return who.kind === 'worker' ? 'The bot' : actor(who);
}

/** `crs-abc (orders, 2.8 standard)`. */
export function instance(facts: InstanceFacts): Piece[] {
  return [{ code: facts.id }, ` (${facts.name}, ${facts.version} ${facts.edition})`];
}

/** `1,234,567`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `850 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min${and(Math.round(seconds % 60), 's')}`;
  return `${Math.floor(minutes / 60)} h${and(minutes % 60, 'min')}`;
}

function and(rest: number, unit: string): string {
  return rest === 0 ? '' : ` ${rest} ${unit}`;
}

/** `512 B`, `1.5 MB`. */
export function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  let size = value;
  let index = 0;
  while (size >= 1_024 && index < units.length - 1) {
    size /= 1_024;
    index += 1;
  }
  return `${index === 0 ? Math.round(size) : size.toFixed(1)} ${units[index] ?? 'GB'}`;
}

/** The text with a full stop when it has none. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?…]$/u.test(trimmed) ? trimmed : `${trimmed}.`;
}
