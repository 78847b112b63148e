import type { Lane } from '../lane/lane.ts';
import { refusal } from '../wire/compare-error.ts';
import type { RawReply } from '../wire/raw-reply.ts';
import { type Command, encodeCommands } from '../wire/resp-commands.ts';
import {
  decodeReply,
  errorOf,
  integerOf,
  isOversize,
  type RedisErrorReply,
  type Reply,
} from '../wire/resp-reply.ts';
import { type Finding, finding } from './difference.ts';
import { compareExpiry, NO_KEY } from './expiry.ts';
import type { BatchContext } from './key-outcome.ts';
import { comparePage } from './page-of-type.ts';
import type { PagedProgress } from './paged-progress.ts';
import { LENGTH_COMMANDS } from './value-commands.ts';
import type { ReadableType } from './whole-value.ts';

const START: Record<ReadableType, string> = {
  string: '0',
  list: '0',
  set: '0',
  zset: '0',
  hash: '0',
  stream: '-',
};

/**
 * Compares the next page of a big value and moves `progress` on. Gives true when the key is decided: read to the end, or a
 * difference was found (the first one in it; a big value is not searched for a second). The key's findings are then in `progress`.
 */
export async function advancePaged(
  lane: Lane,
  progress: PagedProgress,
  context: BatchContext,
): Promise<boolean> {
  if (!lane.sourceHasDb || !lane.targetHasDb) return true;
  if (progress.position === undefined) return compareOutside(lane, progress, context);
  const outcome = await comparePage(lane, progress, context.options);
  if (outcome.findings.length > 0) {
    progress.findings.push(...outcome.findings);
    return true;
  }
  progress.seen += outcome.count;
  progress.page = nextPage(progress, outcome.bytes, context.options);
  if (outcome.next !== undefined) {
    progress.position = outcome.next;
    return false;
  }
  if (!progress.surplus || progress.reverse || (progress.type !== 'set' && progress.type !== 'hash'))
    return true;
  progress.reverse = true;
  progress.position = START[progress.type];
  return false;
}

/** Grows or shrinks the page towards `pageBytes`, at most fourfold at a time. */
export function nextPage(
  progress: Pick<PagedProgress, 'type' | 'page'>,
  bytes: number,
  limits: { pageBytes: number; pageElements: number },
): number {
  if (progress.type === 'string') return limits.pageBytes;
  const wanted = Math.floor((progress.page * limits.pageBytes) / Math.max(1, bytes));
  return Math.max(1, Math.min(wanted, progress.page * 4, limits.pageElements));
}

/** Everything about the key but its elements: whether it is there, its type, expiry and length, and a stream's groups. */
async function compareOutside(lane: Lane, progress: PagedProgress, context: BatchContext): Promise<boolean> {
  const commands: Command[] = [
    ['TYPE', progress.key],
    ['PTTL', progress.key],
    [LENGTH_COMMANDS[progress.type], progress.key],
  ];
  if (progress.type === 'stream')
    commands.push(['XINFO', 'STREAM', progress.key], ['XINFO', 'GROUPS', progress.key]);
  const [target, source] = await Promise.all([
    lane.target.pipeline(encodeCommands(commands)),
    lane.source.pipeline(encodeCommands(commands)),
  ]);
  const left = outsideOf(source);
  const right = outsideOf(target);
  if (left.pttl === NO_KEY && right.pttl === NO_KEY) return true;
  const absent = absence(left, right);
  if (absent !== undefined) {
    progress.findings.push(absent);
    return true;
  }
  const at = { now: context.clock.now(), toleranceMs: context.options.ttlToleranceMs };
  progress.findings.push(...compareExpiry({ source: left.pttl, target: right.pttl }, at));
  // The length alone proves nothing about a value that changes all the time; the element that is too many does.
  progress.surplus = right.length > left.length;
  if (progress.type === 'stream' && left.state !== right.state) {
    progress.findings.push(finding('stream_state', 'last id or consumer groups', [left.state, right.state]));
  }
  progress.position = START[progress.type];
  return false;
}

interface Outside {
  readonly type: string;
  readonly pttl: number;
  readonly length: number;
  readonly state: string;
}

function outsideOf(replies: readonly RawReply[]): Outside {
  const [type, pttl, length, stream, groups] = replies;
  for (const raw of replies) {
    const error = errorOf(raw);
    if (error !== undefined && !isAboutKey(error)) throw refusal(error, 'reading a big value');
  }
  return {
    type: type === undefined || isOversize(type) ? '' : type.toString('latin1', 1, type.length - 2),
    pttl: integerOf(pttl) ?? NO_KEY,
    length: integerOf(length) ?? -1,
    state:
      stream === undefined || groups === undefined
        ? ''
        : streamState(decodeReply(stream), decodeReply(groups)),
  };
}

/** Errors that only say that the key went away or changed its type between two commands. */
function isAboutKey(error: RedisErrorReply): boolean {
  return error.code === 'WRONGTYPE' || /no such key/i.test(error.message);
}

function absence(source: Outside, target: Outside): Finding | undefined {
  if (source.pttl === NO_KEY) return finding('extra', 'the whole key');
  if (target.pttl === NO_KEY) return finding('missing', 'the whole key', [source.type, `${source.length}`]);
  if (source.type !== target.type)
    return finding('type', `${source.type} and ${target.type}`, [`${source.length}`]);
  return undefined;
}

/** Only what is the same on a faithful copy: versions add fields of their own, and consumers' idle times always differ. */
const GROUP_FIELDS = new Set(['name', 'pending', 'last-delivered-id']);

function streamState(stream: Reply, groups: Reply): string {
  const list = Array.isArray(groups) ? groups : [];
  const described = list.map((group) => fieldsOf(group, GROUP_FIELDS)).sort();
  return JSON.stringify([fieldsOf(stream, new Set(['last-generated-id'])), described]);
}

function fieldsOf(reply: Reply, wanted: ReadonlySet<string>): string {
  if (!Array.isArray(reply)) return '';
  const found: string[] = [];
  for (let index = 0; index + 1 < reply.length; index += 2) {
    const name = String(reply[index]);
    if (wanted.has(name)) found.push(`${name}=${String(reply[index + 1])}`);
  }
  return found.sort().join(' ');
}
