/** A value of a key. Keys, fields and members are kept as latin1 text, one character a byte. */
export type Value =
  | { type: 'string'; text: string }
  | { type: 'hash'; fields: Map<string, string> }
  | { type: 'list'; elements: string[] }
  | { type: 'set'; members: Set<string> }
  | { type: 'zset'; scores: Map<string, number> };

export interface Stored {
  value: Value;
  /** Epoch milliseconds; undefined: never. */
  expiresAtMs: number | undefined;
}

export function copyOf(stored: Stored): Stored {
  return { value: copyOfValue(stored.value), expiresAtMs: stored.expiresAtMs };
}

function copyOfValue(value: Value): Value {
  switch (value.type) {
    case 'string':
      return value;
    case 'hash':
      return { type: 'hash', fields: new Map(value.fields) };
    case 'list':
      return { type: 'list', elements: [...value.elements] };
    case 'set':
      return { type: 'set', members: new Set(value.members) };
    case 'zset':
      return { type: 'zset', scores: new Map(value.scores) };
  }
}

/** Empty collections do not exist in Redis. */
export function isEmpty(value: Value): boolean {
  switch (value.type) {
    case 'string':
      return false;
    case 'hash':
      return value.fields.size === 0;
    case 'list':
      return value.elements.length === 0;
    case 'set':
      return value.members.size === 0;
    case 'zset':
      return value.scores.size === 0;
  }
}

/** Members of a sorted set in its order. */
export function ranked(scores: ReadonlyMap<string, number>): [string, number][] {
  return [...scores].sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
}
