import type { Lane } from '../lane/lane.ts';
import { NameList } from '../wire/name-list.ts';
import type { RawReply } from '../wire/raw-reply.ts';
import { CommandWriter } from '../wire/resp-commands.ts';
import { isOversize } from '../wire/resp-reply.ts';
import { isWhole, NO_TYPE, readTypes } from './batch-reads.ts';
import { finding } from './difference.ts';
import type { BatchContext, KeyOutcome } from './key-outcome.ts';
import { READABLE_TYPES, type ReadableType, wholeReads } from './whole-value.ts';

/** A key that looks missing on the target, or of another type there. */
export interface UnclearKey {
  readonly index: number;
  readonly key: Buffer;
  /** `none` when the target lacks it. */
  readonly targetType: string;
}

/** The second question to the source, only about unclear keys; gives their outcomes in order. */
export async function askSource(
  lane: Lane,
  unclear: readonly UnclearKey[],
  context: BatchContext,
): Promise<KeyOutcome[]> {
  const types = await readTypes(lane, 'source', NameList.of(unclear.map((one) => one.key)));
  const contents = await firstPages(lane, { unclear, types, context });
  return unclear.map(({ targetType }, at) =>
    judgeTypes({ sourceType: types[at] ?? NO_TYPE, targetType, content: contents[at] ?? '' }),
  );
}

function judgeTypes(seen: { sourceType: string; targetType: string; content: string }): KeyOutcome {
  const { sourceType, targetType, content } = seen;
  if (sourceType === NO_TYPE && targetType === NO_TYPE) return { equal: true, onTarget: false };
  if (sourceType === NO_TYPE) return different(targetType, [finding('extra', 'the whole key')]);
  if (targetType === NO_TYPE) {
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

/** The outcome of a key that is on the target and is not the same. */
export function different(type: string, findings: ReturnType<typeof finding>[]): KeyOutcome {
  return { equal: false, type, onTarget: true, findings };
}

export function isReadable(type: string): type is ReadableType {
  return (READABLE_TYPES as readonly string[]).includes(type);
}

/**
 * What the source holds at the start of each of these keys. It goes into the evidence, so that a key that is deleted and
 * created again all the time does not look like one that the target never got.
 */
async function firstPages(
  lane: Lane,
  asked: { unclear: readonly UnclearKey[]; types: readonly string[]; context: BatchContext },
): Promise<string[]> {
  const { unclear, types, context } = asked;
  const reads = wholeReads({ ...context.options, pageElements: 16, pageBytes: 4_096 });
  const writer = new CommandWriter();
  unclear.forEach(({ key }, at) => {
    const type = types[at];
    if (isWhole(type)) writer.addTemplate(reads[type], key);
  });
  const replies = await lane.source.pipeline(writer.finish());
  let at = 0;
  return types.map((type) => (isWhole(type) ? contentOf(replies[at++]) : ''));
}

function contentOf(raw: RawReply | undefined): string {
  if (raw === undefined) return '';
  return isOversize(raw) ? raw.sha256 : raw.toString('latin1');
}
