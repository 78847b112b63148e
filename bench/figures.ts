/** The middle one, or the mean of the two in the middle; 0 of nothing. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return (low + (sorted[Math.floor(sorted.length / 2)] ?? 0)) / 2;
}

/** `min / median / max`, rounded. */
export function spreadOf(values: readonly number[]): string {
  if (values.length === 0) return '–';
  return [Math.min(...values), medianOf(values), Math.max(...values)].map(Math.round).join(' / ');
}
