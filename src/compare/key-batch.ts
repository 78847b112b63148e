import { refusal } from './compare-error.ts';
import type { Clock, ResolvedOptions } from './comparison-options.ts';
import { type Finding, finding } from './difference.ts';
import { compareExpiry, NO_KEY } from './expiry.ts';
import type { Lane } from './lane.ts';
import type { RawReply } from './raw-reply.ts';
import { type CommandTemplate, CommandWriter, commandTemplate } from './resp-commands.ts';
import { errorOf, integerOf, isOversize } from './resp-reply.ts';
import {
  compareWhole,
  READABLE_TYPES,
  type ReadableType,
  type WholeType,
  wholeReads,
} from './whole-value.ts';

/** What a look at one key on both sides gave. */
export type KeyOutcome =
  /** Equal, or on neither side any more. */
  | { readonly equal: true; readonly onTarget: boolean }
  | { readonly equal: false; readonly type: string; readonly onTarget: boolean; readonly findings: Finding[] }
  /** Exists on both sides and is too large for one command. */
  | { readonly paged: ReadableType };

export interface BatchContext {
  readonly options: ResolvedOptions;
  readonly clock: Clock;
}

interface Reads {
  readonly whole: Record<WholeType, CommandTemplate>;
  readonly type: CommandTemplate;
  readonly pttl: CommandTemplate;
}

const TYPE = commandTemplate('TYPE');
const PTTL = commandTemplate('PTTL');
const NONE = 'none';

/**
 * Compares a batch of keys of the database that the lane has selected.
 *
 * The work is planned on the target, which serves nobody yet: it alone is asked for types, and it is read first. The source
 * pays one PTTL and one bounded read per key; keys that the target lacks or has as another type cost it one more question.
 * A key that vanishes or changes its type between the questions comes out as a difference, to be looked at again later.
 */
export async function compareBatch(
  lane: Lane,
  keys: readonly Buffer[],
  context: BatchContext,
): Promise<KeyOutcome[]> {
  const reads: Reads = { whole: wholeReads(context.options), type: TYPE, pttl: PTTL };
  const types = lane.targetHasDb ? await targetTypes(lane, keys) : keys.map(() => NONE);
  const target = await readTarget(lane, { keys, types, reads });
  const source = await readSource(lane, { keys, types, reads });
  const now = context.clock.now();
  const outcomes: KeyOutcome[] = [];
  const unclear: number[] = [];
  for (let index = 0; index < keys.length; index += 1) {
    const seen = { type: types[index] ?? NONE, source: source[index], target: target[index] };
    const outcome = judge(seen, { now, options: context.options });
    if (outcome === 'ask_source') unclear.push(index);
    outcomes.push(outcome === 'ask_source' ? { equal: true, onTarget: false } : outcome);
  }
  if (unclear.length > 0) await askSource(lane, { keys, types, target, unclear, outcomes, context });
  return outcomes;
}

/** PTTL and value as one side gave them; undefined parts were not asked for. */
interface SideSeen {
  readonly pttl: number | undefined;
  readonly value: RawReply | undefined;
}

interface Question {
  readonly keys: readonly Buffer[];
  readonly types: readonly string[];
  readonly reads: Reads;
}

async function targetTypes(lane: Lane, keys: readonly Buffer[]): Promise<string[]> {
  const writer = new CommandWriter();
  for (const key of keys) writer.addTemplate(TYPE, key);
  const replies = await lane.target.pipeline(writer.finish());
  return replies.map((raw) => typeOf(raw, 'reading types on the target'));
}

function typeOf(raw: RawReply, doing: string): string {
  const error = errorOf(raw);
  if (error !== undefined) throw refusal(error, doing);
  return isOversize(raw) ? 'unknown' : raw.toString('latin1', 1, raw.length - 2);
}

function readTarget(lane: Lane, question: Question): Promise<SideSeen[]> {
  return readSide(question, { connection: lane.target, skipMissing: true });
}

function readSource(lane: Lane, question: Question): Promise<SideSeen[]> {
  if (!lane.sourceHasDb)
    return Promise.resolve(question.keys.map(() => ({ pttl: NO_KEY, value: undefined })));
  return readSide(question, { connection: lane.source, skipMissing: false });
}

async function readSide(
  question: Question,
  side: { connection: Lane['source']; skipMissing: boolean },
): Promise<SideSeen[]> {
  const writer = new CommandWriter();
  const { keys, types, reads } = question;
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index];
    const type = types[index];
    if (key === undefined || (type === NONE && side.skipMissing)) continue;
    writer.addTemplate(reads.pttl, key);
    if (isWhole(type)) writer.addTemplate(reads.whole[type], key);
  }
  const replies = await side.connection.pipeline(writer.finish());
  let at = 0;
  return types.map((type) => {
    if (type === NONE && side.skipMissing) return { pttl: NO_KEY, value: undefined };
    const pttl = pttlOf(replies[at++]);
    return { pttl, value: isWhole(type) ? replies[at++] : undefined };
  });
}

function isWhole(type: string | undefined): type is WholeType {
  return type === 'string' || type === 'list' || type === 'set' || type === 'zset' || type === 'hash';
}

function isReadable(type: string): type is ReadableType {
  return (READABLE_TYPES as readonly string[]).includes(type);
}

function pttlOf(raw: RawReply | undefined): number {
  const value = integerOf(raw);
  if (value !== undefined) return value;
  const error = raw === undefined ? undefined : errorOf(raw);
  throw refusal(error ?? { code: 'ERR', message: 'PTTL gave no number' }, 'reading expiry times');
}

interface KeySeen {
  readonly type: string;
  readonly source: SideSeen | undefined;
  readonly target: SideSeen | undefined;
}

function judge(seen: KeySeen, at: { now: number; options: ResolvedOptions }): KeyOutcome | 'ask_source' {
  const sourceTtl = seen.source?.pttl ?? NO_KEY;
  const targetTtl = seen.target?.pttl ?? NO_KEY;
  if (sourceTtl === NO_KEY && targetTtl === NO_KEY) return { equal: true, onTarget: false };
  if (sourceTtl === NO_KEY) return different(seen.type, [finding('extra', 'the whole key')]);
  if (targetTtl === NO_KEY) return 'ask_source';
  const ttl = compareExpiry(
    { source: sourceTtl, target: targetTtl },
    { now: at.now, toleranceMs: at.options.ttlToleranceMs },
  );
  const outcome = judgeValue(seen, at.options);
  if (!Array.isArray(outcome)) return outcome;
  const findings = [...ttl, ...outcome];
  return findings.length === 0 ? EQUAL : different(seen.type, findings);
}

/** Compares what was read of the value. */
function judgeValue(seen: KeySeen, options: ResolvedOptions): KeyOutcome | 'ask_source' | Finding[] {
  if (!isWhole(seen.type)) return isReadable(seen.type) ? { paged: seen.type } : 'ask_source';
  const source = seen.source?.value;
  const target = seen.target?.value;
  if (source === undefined || target === undefined) return 'ask_source';
  if (hasOtherType(source, 'source') || hasOtherType(target, 'target')) return 'ask_source';
  const outcome = compareWhole(seen.type, { source, target }, options);
  if (outcome === 'paged') return { paged: seen.type };
  return outcome === 'equal' ? NOTHING : outcome;
}

const NOTHING: Finding[] = [];
const EQUAL: KeyOutcome = { equal: true, onTarget: true };

function different(type: string, findings: Finding[]): KeyOutcome {
  return { equal: false, type, onTarget: true, findings };
}

/** True when the key has another type than asked for; any other error reply is an operating error. */
function hasOtherType(raw: RawReply, side: string): boolean {
  const error = errorOf(raw);
  if (error === undefined) return false;
  if (error.code === 'WRONGTYPE') return true;
  throw refusal(error, `reading values on the ${side}`);
}

interface Unclear {
  readonly keys: readonly Buffer[];
  readonly types: readonly string[];
  readonly target: readonly SideSeen[];
  readonly unclear: readonly number[];
  readonly outcomes: KeyOutcome[];
  readonly context: BatchContext;
}

/** The second question to the source, only about keys that look missing on the target or of another type there. */
async function askSource(lane: Lane, work: Unclear): Promise<void> {
  const writer = new CommandWriter();
  for (const index of work.unclear) {
    const key = work.keys[index];
    if (key !== undefined) writer.addTemplate(TYPE, key);
  }
  const replies = await lane.source.pipeline(writer.finish());
  const types = replies.map((raw) => typeOf(raw, 'reading types on the source'));
  const contents = await firstPages(lane, { ...work, sourceTypes: types });
  work.unclear.forEach((index, at) => {
    const sourceType = types[at] ?? NONE;
    const onTarget = work.target[index]?.pttl !== NO_KEY;
    const targetType = onTarget ? (work.types[index] ?? NONE) : NONE;
    work.outcomes[index] = judgeTypes({ sourceType, targetType, content: contents[at] ?? '' });
  });
}

function judgeTypes(seen: { sourceType: string; targetType: string; content: string }): KeyOutcome {
  const { sourceType, targetType, content } = seen;
  if (sourceType === NONE && targetType === NONE) return { equal: true, onTarget: false };
  if (sourceType === NONE) return different(targetType, [finding('extra', 'the whole key')]);
  if (targetType === NONE) {
    return {
      equal: false,
      type: sourceType,
      onTarget: false,
      findings: [finding('missing', 'the whole key', [sourceType, content])],
    };
  }
  if (sourceType !== targetType) {
    return different(sourceType, [finding('type', `${sourceType} and ${targetType}`, [content])]);
  }
  if (!isReadable(sourceType)) return different(sourceType, [finding('not_compared', `type ${sourceType}`)]);
  // It had another type a moment ago, now both agree: it is being rewritten. The next look will tell.
  return different(sourceType, [finding('type', 'changed its type while it was read', [content])]);
}

/**
 * What the source holds at the start of each of these keys. It goes into the evidence, so that a key that is deleted and
 * created again all the time does not look like one that the target never got.
 */
async function firstPages(lane: Lane, work: Unclear & { sourceTypes: readonly string[] }): Promise<string[]> {
  const reads = wholeReads({ ...work.context.options, pageElements: 16 });
  const writer = new CommandWriter();
  work.unclear.forEach((index, at) => {
    const key = work.keys[index];
    const type = work.sourceTypes[at];
    if (key !== undefined && isWhole(type)) writer.addTemplate(reads[type], key);
  });
  const replies = await lane.source.pipeline(writer.finish());
  let at = 0;
  return work.sourceTypes.map((type) => (isWhole(type) ? contentOf(replies[at++]) : ''));
}

function contentOf(raw: RawReply | undefined): string {
  if (raw === undefined) return '';
  return isOversize(raw) ? raw.sha256 : raw.toString('latin1');
}
