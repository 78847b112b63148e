import type { Lane } from '../lane/lane.ts';
import type { RawReply } from '../wire/raw-reply.ts';
import { readBlock } from '../wire/redis-connection.ts';
import { type Command, encodeCommands } from '../wire/resp-commands.ts';
import { bulkOf, decodeReply, elementsOf, isOversize, lengthOf } from '../wire/resp-reply.ts';
import { type Finding, finding, holding, memberLabel } from './difference.ts';
import { changedMeanwhile, checked, found, type PageOutcome } from './page-outcome.ts';
import type { PagedProgress } from './paged-progress.ts';
import { hashPage, setPage, surplusPage } from './scanned-page.ts';
import { idAfter } from './stream-id.ts';
import { compareStrings, firstUnequal, sameScore, scored } from './whole-value.ts';

interface PageLimits {
  readonly pageBytes: number;
}

/** Compares one page, from `progress.position`. */
export function comparePage(lane: Lane, progress: PagedProgress, limits: PageLimits): Promise<PageOutcome> {
  switch (progress.type) {
    case 'string':
      return stringPage(lane, progress, limits);
    case 'list':
      return listPage(lane, progress);
    case 'zset':
      return sortedSetPage(lane, progress);
    case 'stream':
      return streamPage(lane, progress);
    case 'hash':
      return progress.reverse ? surplusPage(lane, progress) : hashPage(lane, progress);
    case 'set':
      return progress.reverse ? surplusPage(lane, progress) : setPage(lane, progress);
  }
}

async function bothSides(lane: Lane, command: Command): Promise<{ source: RawReply; target: RawReply }> {
  const encoded = encodeCommands([command]);
  const [[source], [target]] = await Promise.all([
    lane.source.pipeline(encoded),
    lane.target.pipeline(encoded),
  ]);
  return { source: checked(source), target: checked(target) };
}

/** The same into the lane's own memory, for pages whose size is known: a large string takes thousands of them. */
async function bothSidesKept(lane: Lane, command: Command): Promise<{ source: RawReply; target: RawReply }> {
  const { source, target } = lane.memory;
  const encoded = encodeCommands([command]);
  await Promise.all([readBlock(lane.source, source, encoded), readBlock(lane.target, target, encoded)]);
  return { source: checked(source.raw(0)), target: checked(target.raw(0)) };
}

function sizeOf(raw: RawReply): number {
  return isOversize(raw) ? raw.bytes : raw.length;
}

/** The same bytes, also when both were too large to keep. */
function sameRaw(source: RawReply, target: RawReply): boolean {
  if (isOversize(source) || isOversize(target)) {
    return isOversize(source) && isOversize(target) && source.sha256 === target.sha256;
  }
  return source.equals(target);
}

async function stringPage(lane: Lane, progress: PagedProgress, limits: PageLimits): Promise<PageOutcome> {
  const offset = Number(progress.position);
  const command = ['GETRANGE', progress.key, String(offset), String(offset + limits.pageBytes - 1)];
  const { source, target } = await bothSidesKept(lane, command);
  const left = bulkOf(source);
  const right = bulkOf(target);
  if (left === undefined || right === undefined) return found(changedMeanwhile(source, target));
  const outcome = compareStrings(left, right, offset);
  if (Array.isArray(outcome)) return { findings: outcome, next: undefined, count: 0, bytes: 0 };
  const next = left.length < limits.pageBytes ? undefined : String(offset + left.length);
  return { findings: [], next, count: left.length, bytes: left.length };
}

async function listPage(lane: Lane, progress: PagedProgress): Promise<PageOutcome> {
  const start = Number(progress.position);
  const { source, target } = await bothSides(lane, rangeCommand('LRANGE', progress));
  if (sameRaw(source, target)) return sameRange(source, progress, 1);
  const left = elementsOf(source);
  const right = elementsOf(target);
  if (left === undefined || right === undefined) return found(changedMeanwhile(source, target));
  const at = firstUnequal(left, right);
  const seen = [left[at] ?? 'absent', right[at] ?? 'absent'];
  const kind = at < Math.min(left.length, right.length) ? 'value' : 'length';
  const held = { source: left[at], target: right[at] };
  return found(holding(finding(kind, `index ${start + at}`, seen), held));
}

function rangeCommand(name: string, progress: PagedProgress, ...rest: string[]): Command {
  const start = Number(progress.position);
  return [name, progress.key, String(start), String(start + progress.page - 1), ...rest];
}

/** Both sides gave the same bytes for a range by index. `width`: bulk strings per element. */
function sameRange(raw: RawReply, progress: PagedProgress, width: number): PageOutcome {
  const length = lengthOf(raw);
  // An oversize page was not counted, but it is the same on both sides, so it is as long as was asked for.
  const count = length === undefined ? progress.page : length / width;
  const next = count < progress.page ? undefined : String(Number(progress.position) + count);
  return { findings: [], next, count, bytes: sizeOf(raw) };
}

async function sortedSetPage(lane: Lane, progress: PagedProgress): Promise<PageOutcome> {
  const { source, target } = await bothSides(lane, rangeCommand('ZRANGE', progress, 'WITHSCORES'));
  if (sameRaw(source, target)) return sameRange(source, progress, 2);
  const left = elementsOf(source);
  const right = elementsOf(target);
  if (left === undefined || right === undefined) return found(changedMeanwhile(source, target));
  const at = firstUnequalRank(left, right);
  if (at === undefined) return sameRange(source, progress, 2);
  return found(
    await rankFinding(lane, progress, { source: left.slice(at, at + 2), target: right.slice(at, at + 2) }),
  );
}

/** The place in the reply where two pages of a sorted set part; undefined when only the spelling of scores differs. */
function firstUnequalRank(left: (Buffer | null)[], right: (Buffer | null)[]): number | undefined {
  const length = Math.max(left.length, right.length);
  for (let index = 0; index < length; index += 2) {
    const [member, score, other, otherScore] = [left[index], left[index + 1], right[index], right[index + 1]];
    if (!member || !score || !other || !otherScore) return index;
    if (!member.equals(other) || !sameScore(score, otherScore)) return index;
  }
  return undefined;
}

/**
 * Names the difference at one rank by asking either side for the other's member: one member too few, or with another score, shifts all
 * ranks behind it.
 */
async function rankFinding(
  lane: Lane,
  progress: PagedProgress,
  at: { source: (Buffer | null)[]; target: (Buffer | null)[] },
): Promise<Finding> {
  const [member, score] = at.source;
  const [other, otherScore] = at.target;
  if (member && score) {
    const reply = await lane.target.command('ZSCORE', progress.key, member);
    const held = { source: scored(member, score) };
    if (!Buffer.isBuffer(reply))
      return holding(finding('element_missing', memberLabel(member), [score]), held);
    if (!sameScore(score, reply)) {
      const both = { ...held, target: scored(member, reply) };
      return holding(finding('score', memberLabel(member), [score, reply]), both);
    }
  }
  if (!other || !otherScore) return finding('element_extra', 'a member');
  const reply = await lane.source.command('ZSCORE', progress.key, other);
  const held = { target: scored(other, otherScore) };
  if (!Buffer.isBuffer(reply) || sameScore(reply, otherScore))
    return holding(finding('element_extra', memberLabel(other)), held);
  return holding(finding('score', memberLabel(other), [reply, otherScore]), {
    ...held,
    source: scored(other, reply),
  });
}

async function streamPage(lane: Lane, progress: PagedProgress): Promise<PageOutcome> {
  const start = progress.position ?? '-';
  const command = ['XRANGE', progress.key, start, '+', 'COUNT', String(progress.page)];
  const { source, target } = await bothSides(lane, command);
  const left = decodeReply(source);
  const right = decodeReply(target);
  if (!Array.isArray(left) || !Array.isArray(right)) return found(changedMeanwhile(source, target));
  const ids = [left, right].map((entries) =>
    entries.map((entry) => String(Array.isArray(entry) ? entry[0] : '')),
  );
  const [sourceIds = [], targetIds = []] = ids;
  if (sameRaw(source, target)) {
    const last = sourceIds.at(-1);
    const next = last === undefined || sourceIds.length < progress.page ? undefined : idAfter(last);
    return { findings: [], next, count: sourceIds.length, bytes: sizeOf(source) };
  }
  const known = new Set(targetIds);
  const lost = sourceIds.find((id) => !known.has(id));
  const at = sourceIds.findIndex((id, index) => id !== targetIds[index]);
  const unequal = sourceIds.find((_, index) => JSON.stringify(left[index]) !== JSON.stringify(right[index]));
  if (at === -1 && sourceIds.length === targetIds.length) return found(finding('value', `entry ${unequal}`));
  if (lost !== undefined) return found(finding('element_missing', `entry ${lost}`));
  return found(finding('element_extra', `entry ${targetIds[at === -1 ? sourceIds.length : at]}`));
}
