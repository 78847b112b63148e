import { z } from 'zod';

/** Named in words; all kinds are counted. */
const MAX_KINDS = 4;

/**
 * What a comparison found to differ, as it is shown to people: counts, and names of keys. Never a value. Bounded, since it is kept in the
 * journal; the whole list is in the report of the verification.
 */
export const findingSchema = z.object({
  keysCompared: z.number(),
  /** Keys that differ. */
  differences: z.number(),
  /** False when it ended early, since too many differ. */
  complete: z.boolean(),
  /** Keys by kind of difference; a key with two kinds is in both. Kinds that were not found are left out. */
  byKind: z.record(z.string(), z.number()),
  /** The first few. */
  examples: z.array(z.object({ key: z.string(), db: z.number(), type: z.string(), kind: z.string() })),
});
export type Finding = z.infer<typeof findingSchema>;

/** `Source and target differ in 3 keys: 2 only on the source, 1 with another value. For example a (string, db 0: with another value).` */
export function describeFinding({ differences, complete, byKind, examples }: Finding): string {
  if (differences === 0) return 'The last comparison found no difference.';
  const named = examples.map(({ key, type, db, kind }) => `${key} (${type}, db ${db}: ${kindName(kind)})`);
  const count = `${complete ? '' : 'at least '}${number(differences)} key${differences === 1 ? '' : 's'}`;
  const shown = named.length === 0 ? '' : ` For example ${named.join(', ')}.`;
  return `Source and target differ in ${count}: ${kindWords(byKind)}.${shown}`;
}

/** `40 with another value, 2 only on the source`: keys by what differs, most frequent first. */
export function kindWords(byKind: Readonly<Partial<Record<string, number>>>): string {
  const kinds = Object.entries(byKind)
    .flatMap(([kind, count]) => (count === undefined || count === 0 ? [] : [{ kind, count }]))
    .sort((one, other) => other.count - one.count);
  const words = kinds.slice(0, MAX_KINDS).map(({ kind, count }) => `${number(count)} ${kindName(kind)}`);
  return kinds.length > MAX_KINDS ? `${words.join(', ')}, …` : words.join(', ');
}

const KIND_WORDS = new Map(
  Object.entries({
    missing: 'only on the source',
    extra: 'only on the target',
    type: 'of another type',
    ttl: 'with another expiry',
    value: 'with another value',
    score: 'with another score',
    element_missing: 'with an element missing',
    element_extra: 'with an element too many',
    length: 'of another length',
    order: 'in another order',
    stream_state: 'with another stream state',
    not_compared: 'that cannot be compared',
    key_count: 'with another number of keys',
  }),
);

function kindName(kind: string): string {
  return KIND_WORDS.get(kind) ?? kind.replaceAll('_', ' ');
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
