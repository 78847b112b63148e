import type { ApprovalView } from '../upgrade/view.ts';
import { actorOf, columns, durationOf, fieldName, timeOf } from './words.ts';

/** Of a value beside its label: it fits into an ordinary window. */
const MAX_LINE_CHARS = 80;

/** How a request for approval stands, in one line. */
export function approvalLine(approval: ApprovalView, nowMs: number): string {
  const by = approval.decidedBy === undefined ? '' : ` by ${actorOf(approval.decidedBy)}`;
  const at = approval.decidedAtMs === undefined ? '' : `, ${timeOf(approval.decidedAtMs)}`;
  const why = approval.reason === undefined || approval.reason === '' ? '' : `: ${approval.reason}`;
  if (approval.status !== 'waiting') return `${approval.status}${by}${at}${why}`;
  const left = approval.expiresAtMs - nowMs;
  if (left <= 0) return `expired ${timeOf(approval.expiresAtMs)}; the upgrade goes back`;
  return `asked ${timeOf(approval.requestedAtMs)}, expires ${timeOf(approval.expiresAtMs)} (in ${durationOf(left)})`;
}

/** Everything that is under the digest, and what was seen when it was asked. */
export function approvalLines(approval: ApprovalView): string[] {
  return [
    'You are about to approve exactly this:',
    '',
    ...columns([...fields(approval.facts), ['digest', approval.digest]]).map(indent),
    '',
    'Seen when it was asked:',
    '',
    ...columns(fields(approval.evidence)).map(indent),
    '',
    ...consequences(approval),
  ];
}

/** What it costs, as it is said in Slack too. */
function consequences({ facts }: ApprovalView): string[] {
  if (facts.purpose === 'rollback') {
    const price =
      facts.mode === 'fast'
        ? 'and what was written to it since the cutover is LOST.'
        : 'and what was written to it since the cutover is copied back first.';
    return [`Then ${facts.source.id} serves clients again in place of ${facts.target.id}, ${price}`];
  }
  if (facts.purpose === 'repair')
    return [
      `Then what differs is copied from ${facts.source.id} to ${facts.target.id} again, and what only ${facts.target.id} has is deleted there.`,
      'After it everything is compared afresh.',
    ];
  if (facts.switch !== 'address') return [];
  return [
    `Then writes to ${facts.source.id} are refused until ${facts.target.id} answers at ${facts.oldAddress.ip}:${facts.oldAddress.port}; every client`,
    'is disconnected once. Once the target has the address there is no automatic way back.',
  ];
}

function indent(line: string): string {
  return `  ${line}`;
}

/** One row for each fact, and for each of several. */
function fields(facts: object): string[][] {
  return Object.entries(facts).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const label = fieldName(name);
    const words = Array.isArray(value) ? value.map((one) => wordOf(name, one)) : partsOf(name, value);
    if (words.length === 0) return [[label, 'none']];
    return words.map((one, index) => [index === 0 ? label : '', one]);
  });
}

/** The parts of a fact in lines that fit. */
function partsOf(name: string, value: unknown): string[] {
  const lines: string[] = [];
  for (const part of wordOf(name, value).split(', ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + part.length > MAX_LINE_CHARS) lines.push(part);
    else lines[lines.length - 1] = `${last}, ${part}`;
  }
  return lines;
}

function wordOf(name: string, value: unknown): string {
  if (typeof value === 'number') return name.endsWith('AtMs') ? timeOf(value) : numberOf(name, value);
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(String).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  if (isAddress(value)) return `${value.ip}:${value.port}`;
  return entries
    .map(([key, one]) => (key === 'id' ? String(one) : `${fieldName(key)} ${wordOf(key, one)}`))
    .join(', ');
}

function isAddress(value: object): value is { ip: string; port: number } {
  return 'ip' in value && 'port' in value;
}

function numberOf(name: string, value: number): string {
  if (name.endsWith('Ms')) return durationOf(value);
  // Ids of zones and ports are names, not quantities.
  return /(Id|port)$/u.test(name)
    ? String(value)
    : value.toLocaleString('en-US', { maximumFractionDigits: 1 });
}
