const maxEdits = 2;
const maxTypedChars = 32;

/** The candidate a slip or two away: letters wrong, missing or extra, or the rest not typed; undefined when none is. */
export function closest<T extends string>(typed: string, candidates: readonly T[]): T | undefined {
  if (typed.length < 2 || typed.length > maxTypedChars) return undefined;
  let best: T | undefined;
  let fewest = maxEdits + 1;
  for (const candidate of candidates) {
    const edits = candidate.startsWith(typed) ? 1 : distance(typed, candidate);
    // Two slips in a word of three letters make any word of it.
    if (edits < fewest && edits <= Math.max(typed.length, candidate.length) / 2) {
      best = candidate;
      fewest = edits;
    }
  }
  return best;
}

/** Levenshtein's distance: the fewest letters to change, add or remove. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = at(previous, column - 1) + (letter === b[column - 1] ? 0 : 1);
      current.push(Math.min(at(previous, column) + 1, at(current, column - 1) + 1, replaced));
    }
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
