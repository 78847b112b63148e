/** Halvings of the interval in which the bound lies: to the precision of a number. */
const HALVINGS = 60;
/** A term of a falling row that is so small beside the sum changes nothing any more. */
const NEGLIGIBLE = 1e-17;

/**
 * The largest share of all keys that may differ when `differing` of `keys` keys drawn by chance do: with this confidence it is no more.
 * The exact one-sided bound of Clopper and Pearson; a little too large, never too small, when much of the data was drawn.
 */
export function atMostDiffering(seen: { keys: number; differing: number }, confidence: number): number {
  const { keys, differing } = seen;
  if (differing >= keys) return 1;
  let low = differing / keys;
  let high = 1;
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middle = (low + high) / 2;
    if (chanceOfAtMost(differing, { keys, share: middle }) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** The chance that no more than so many of `keys` keys differ when this share of all does. Above `differing / keys` only. */
function chanceOfAtMost(differing: number, of: { keys: number; share: number }): number {
  const { keys, share } = of;
  if (share >= 1) return 0;
  // The terms fall towards 0, so the sum begins at the largest.
  const largest =
    logChoices(keys, differing) + differing * Math.log(share) + (keys - differing) * Math.log1p(-share);
  let term = 1;
  let sum = 1;
  for (let count = differing; count > 0 && term > NEGLIGIBLE * sum; count -= 1) {
    term *= (count / (keys - count + 1)) * ((1 - share) / share);
    sum += term;
  }
  return Math.exp(largest) * sum;
}

function logChoices(keys: number, chosen: number): number {
  return logFactorial(keys) - logFactorial(chosen) - logFactorial(keys - chosen);
}

/** Small numbers by multiplication, others by Stirling's series, whose next term is below 1e-13 there. */
function logFactorial(number: number): number {
  if (number < 64) {
    let log = 0;
    for (let factor = 2; factor <= number; factor += 1) log += Math.log(factor);
    return log;
  }
  const inverse = 1 / number;
  const series = inverse / 12 - inverse ** 3 / 360 + inverse ** 5 / 1_260;
  return (number + 0.5) * Math.log(number) - number + 0.5 * Math.log(2 * Math.PI) + series;
}
