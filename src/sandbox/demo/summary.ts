import type { DemoResult } from './result.ts';

/** The end of a demo for people: what happened, what it cost the clients, and what does not hold. */
export function summaryOf(result: DemoResult, failed: readonly string[]): string {
  const { traffic } = result;
  const rows: [string, string][] = [
    ['Outcome', `${result.outcome} in ${(result.totalMs / 1000).toFixed(1)} s (${result.upgradeId})`],
    ['From', result.source],
    ['To', result.target],
    ['Address held by', result.addressHeldBy ?? 'nobody'],
    ['Approved by', result.approvedBy ?? 'nobody'],
    ['Verified by the bot', verifiedWords(result)],
    ['Looked up at the end', `${number(result.keysCompared)} keys, ${number(result.differences)} differ`],
    [
      'Writes',
      `${number(traffic.acknowledgedWrites)} acknowledged (${number(traffic.writesPerSecond)} a second), ${number(traffic.refusedWrites)} refused, ${number(traffic.unknownWrites)} unanswered`,
    ],
    ['Lost writes', number(traffic.lostWrites)],
    ['Write gap', `${traffic.writeGapMs} ms`],
    ['Read gap', `${traffic.readGapMs} ms`],
  ];
  const table = rows.map(([label, value]) => `  ${label.padEnd(22)}${value}`);
  const problems = failed.map((why) => `  ✗ ${why}`);
  const examples = result.examples.slice(0, 10).map((example) => `      ${example}`);
  const verdict = failed.length === 0 ? '  Every figure holds.' : '  Not every figure holds:';
  return ['', ...table, '', verdict, ...problems, ...examples, ''].join('\n');
}

function verifiedWords({ verification }: DemoResult): string {
  if (verification === undefined) return 'nothing';
  return `${number(verification.keysCompared)} keys, ${number(verification.differences)} differ`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
