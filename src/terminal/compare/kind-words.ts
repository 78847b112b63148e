import { DIFFERENCE_KINDS, type DifferenceKind } from '../../compare/values/difference.ts';

/** What a kind of difference means, for people. */
const MEANINGS: Readonly<Record<DifferenceKind, string>> = {
  missing: 'only on the source',
  extra: 'only on the target',
  type: 'another type',
  ttl: 'expires at another time, or on one side only',
  value: 'another value',
  score: 'a member has another score',
  element_missing: 'an element that only the source has',
  element_extra: 'an element that only the target has',
  length: 'one is longer',
  order: 'a list in another order',
  stream_state: 'last id or consumer groups of a stream',
  not_compared: 'cannot be read: neither equal nor different',
  key_count: 'another number of keys',
};

/** `element missing`. */
export function kindName(kind: DifferenceKind): string {
  return kind.replaceAll('_', ' ');
}

export function kindMeaning(kind: DifferenceKind): string {
  return MEANINGS[kind];
}

type Counts = Readonly<Partial<Record<string, number>>>;

/** Kinds that occurred, the most frequent first. */
export function kindsOf(byKind: Counts): [DifferenceKind, number][] {
  return DIFFERENCE_KINDS.map((kind): [DifferenceKind, number] => [kind, byKind[kind] ?? 0])
    .filter(([, count]) => count > 0)
    .sort(([, one], [, other]) => other - one);
}

/** `1,234,567`. */
export function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 key`, `1,200 keys`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}
