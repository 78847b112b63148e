import type { InstanceRow } from '../service/upgrade-service.ts';
import type { JournalEvent } from '../upgrade/events.ts';
import { actorOf, columns } from './words.ts';

/** Longer values are cut: the whole of them is in the JSON. */
const MAX_VALUE_CHARS = 100;
const ENVELOPE = new Set(['v', 'seq', 'atMs', 'actor', 'type', 'step']);

/** One line for each event: number, time, what, and by whom. */
export function journalLines(events: readonly JournalEvent[]): string[] {
  return columns([
    ['#', 'time (UTC)', 'event', 'what'],
    ...events.map((event) => [
      String(event.seq),
      new Date(event.atMs).toISOString().replace('T', ' ').replace('Z', ''),
      'step' in event ? `${event.type} ${event.step}` : event.type,
      [...detailsOf(event), ...(event.actor.kind === 'worker' ? [] : [`by ${actorOf(event.actor)}`])].join(
        ', ',
      ),
    ]),
  ]);
}

function detailsOf(event: JournalEvent): string[] {
  return Object.entries(event)
    .filter(([name, value]) => !ENVELOPE.has(name) && value !== undefined && value !== '')
    .filter(([, value]) => JSON.stringify(value) !== '{}')
    .map(([name, value]) => detailOf(name, value));
}

/** A step's own summary speaks for its output. */
function detailOf(name: string, value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    if ('summary' in value && typeof value.summary === 'string') return cut(value.summary);
    if ('code' in value && 'message' in value) return `${String(value.code)}: ${String(value.message)}`;
  }
  return `${name} ${cut(typeof value === 'string' ? value : JSON.stringify(value))}`;
}

function cut(text: string): string {
  return text.length <= MAX_VALUE_CHARS ? text : `${text.slice(0, MAX_VALUE_CHARS - 1)}…`;
}

/** The instances, one line each. */
export function instanceLines(rows: readonly InstanceRow[]): string[] {
  if (rows.length === 0)
    return ['No Redis instance is seen. Check TENCENTCLOUD_REGION and what the access key may read.'];
  return columns([
    ['instance', 'name', 'kind', 'address', 'region', 'status', 'memory', 'can become', 'in upgrade'],
    ...rows.map((row) => [
      row.id,
      row.name,
      row.kind,
      row.address,
      row.region,
      row.status,
      `${row.memoryMb} MB`,
      row.upgradesTo.length === 0 ? '-' : row.upgradesTo.join(', '),
      row.upgradeId ?? '-',
    ]),
  ]);
}
