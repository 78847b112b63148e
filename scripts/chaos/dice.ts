import { seededRandom } from '../../src/sandbox/traffic/seeded-random.ts';

/** Random choices, the same for the same seed. */
export interface Dice {
  chance(probability: number): boolean;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
}

export function createDice(seed: number): Dice {
  const random = seededRandom(seed);
  // Neighbouring seeds begin alike.
  for (let i = 0; i < 8; i++) random();
  const between = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  return {
    chance: (probability) => random() < probability,
    between,
    pick: (from) => from[between(0, from.length - 1)] ?? from[0],
  };
}
