import { type KeyKind, newKey, type TrackedKey } from './tracked-key.ts';

/** How a write ended. `refused`: the server answered with an error. `unknown`: the connection went before an answer. */
export type WriteOutcome = 'acknowledged' | 'refused' | 'unknown';

/** Removed keys remembered beyond the limit of writes, until somebody has looked whether they are still gone. */
const maxRemovedKeys = 10_000;
const maxExamples = 20;

/** The account of all writes: which keys there are, what must be in them, and what was seen to be lost. */
export class Ledger {
  readonly counts: Record<WriteOutcome, number> = { acknowledged: 0, refused: 0, unknown: 0 };
  /** Of the acknowledged ones. */
  scripted = 0;
  readonly refusedBy = new Map<string, number>();
  readonly lostExamples: string[] = [];
  readonly #live = new Map<string, TrackedKey>();
  readonly #removed = new Map<string, TrackedKey>();
  readonly #maxTrackedWrites: number;
  #tracked = 0;
  #lost = 0;

  constructor(maxTrackedWrites: number) {
    this.#maxTrackedWrites = maxTrackedWrites;
  }

  open(name: string, options: { kind: KeyKind; expires?: boolean }): TrackedKey {
    const key = newKey(name, options.kind, options.expires);
    this.#live.set(name, key);
    return key;
  }

  begin(keys: readonly TrackedKey[]): void {
    for (const key of keys) key.inFlight++;
  }

  /** The end of a write that `begin` announced. `token` must be in every key that keeps tokens. */
  end(keys: readonly TrackedKey[], token: string, outcome: WriteOutcome): void {
    this.counts[outcome]++;
    for (const key of keys) {
      key.inFlight--;
      if (outcome === 'acknowledged' && key.kind !== 'counter' && key.kind !== 'register') {
        key.tokens.add(token);
        this.#tracked++;
      }
    }
  }

  refusedWith(message: string): void {
    const code = message.split(' ', 1)[0] ?? '';
    this.refusedBy.set(code, (this.refusedBy.get(code) ?? 0) + 1);
  }

  /**
   * The reply to an acknowledged INCR. Replies of one connection come in order and only grow; one that does not shows
   * increments that were acknowledged and are gone.
   */
  counted(key: TrackedKey, reply: number): void {
    if (reply <= key.value) {
      this.lose(
        key,
        Array.from({ length: key.value - reply + 1 }, (_, i) => `increment ${reply + i}`),
      );
    }
    key.value = reply;
  }

  /** The reply to an acknowledged GETSET: what was there before must not be older than the last one acknowledged. */
  exchanged(key: TrackedKey, before: number, written: number): void {
    if (before < key.value) this.lose(key, [`value ${key.value}`]);
    key.value = written;
  }

  lose(key: TrackedKey, what: readonly string[]): void {
    this.#lost += what.length;
    for (const one of what) {
      if (this.lostExamples.length < maxExamples) this.lostExamples.push(`${key.name} ${one}`);
    }
  }

  lost(): number {
    return this.#lost;
  }

  /** A DEL of it is under way. */
  removing(key: TrackedKey): void {
    key.inFlight++;
    key.state = 'removing';
  }

  /** A DEL of it was acknowledged; its writes are no longer accounted for. */
  removed(key: TrackedKey): void {
    key.state = 'removed';
    this.#tracked -= key.tokens.size;
    key.tokens.clear();
    this.#live.delete(key.name);
    this.#removed.set(key.name, key);
  }

  forget(key: TrackedKey): void {
    this.#removed.delete(key.name);
  }

  /** Every key that anything is known of, removed ones included. */
  *keys(): Generator<TrackedKey> {
    yield* this.#live.values();
    yield* this.#removed.values();
  }

  /** Oldest keys to verify and delete, so that memory stays bounded; none while there are few writes. */
  toRetire(max: number): TrackedKey[] {
    if (this.#tracked <= this.#maxTrackedWrites) return [];
    return take(this.#live.values(), max, (key) => key.state !== 'open' && key.inFlight === 0);
  }

  /** Oldest removed keys to look at once more and forget; none while there are few. */
  toForget(max: number): TrackedKey[] {
    return this.#removed.size <= maxRemovedKeys ? [] : take(this.#removed.values(), max, () => true);
  }
}

function take<T>(from: Iterable<T>, max: number, wanted: (item: T) => boolean): T[] {
  const taken: T[] = [];
  for (const item of from) {
    if (taken.length >= max) break;
    if (wanted(item)) taken.push(item);
  }
  return taken;
}
