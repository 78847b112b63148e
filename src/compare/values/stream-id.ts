/** The smallest id of a stream after this one; exclusive ranges came with 6.2 only. */
export function idAfter(id: string): string {
  const [milliseconds = '0', sequence = '0'] = id.split('-');
  return `${milliseconds}-${BigInt(sequence) + 1n}`;
}
