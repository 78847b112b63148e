/** Numbers that look random and are always the same for the same seed. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly [T, ...T[]]): T;
}

/** sfc32: small, quick, passes the usual tests of randomness. */
export function createRandom(seed: number, label: string): Random {
  let a = hash(seed, label);
  let b = hash(a, 'b');
  let c = hash(b, 'c');
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warm = 0; warm < 12; warm += 1) next();
  const whole = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    whole,
    chance: (probability) => next() < probability,
    pick: (from) => from[whole(0, from.length - 1)] ?? from[0],
  };
}

/** 32 bits out of a number and a name. */
function hash(seed: number, name: string): number {
  return finish(absorb(begin(seed), name));
}

function begin(seed: number): number {
  return (seed ^ 0x9e3779b9) | 0;
}

function absorb(before: number, name: string): number {
  let state = before;
  for (let index = 0; index < name.length; index += 1) {
    state = Math.imul(state ^ name.charCodeAt(index), 0x85ebca6b);
    state = (state << 13) | (state >>> 19);
  }
  return state;
}

function finish(before: number): number {
  let state = before ^ (before >>> 16);
  state = Math.imul(state, 0xc2b2ae35);
  state ^= state >>> 13;
  state = Math.imul(state, 0x27d4eb2f);
  return (state ^ (state >>> 15)) >>> 0;
}

/**
 * From 0 up to 1, by a name and a number: unlike a sequence it does not change when another choice is taken out. The name's part
 * is done once, since some names are asked thousands of times in a run.
 */
export function chooser(seed: number, name: string): (number: number) => number {
  const named = absorb(begin(seed), name);
  return (number) => finish(absorb(named, String(number))) / 2 ** 32;
}
