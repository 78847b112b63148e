/** What one upgrade came to, as `npm run demo -- --json` prints it. */
export interface DemoResult {
  /** `completed`, `rolled_back`, or `failed` when it did not get that far. */
  outcome: string;
  upgradeId: string;
  source: string;
  target: string;
  /** Keys that the sandbox itself looked up at the end on the instance that holds the address. */
  keysCompared: number;
  /** Of those, how many are not as they must be; a lost write makes its key one. */
  differences: number;
  traffic: {
    acknowledgedWrites: number;
    refusedWrites: number;
    unknownWrites: number;
    lostWrites: number;
    /** Between the last acknowledged write of any client and the next one, the longest. */
    writeGapMs: number;
    readGapMs: number;
    /** Acknowledged a second, the longest gap left out. */
    writesPerSecond: number;
  };
  steps: { name: string; ms: number }[];
  approvedBy: string | undefined;
  addressHeldBy: string | undefined;
  /** What the bot told the approver. */
  verification: { keysCompared: number; differences: number } | undefined;
  /** Names of what is lost or differs, a few. */
  examples: string[];
  totalMs: number;
}

export interface Expected {
  approver: string;
  /** Keys on the source before the upgrade. */
  keys: number;
}

const leastWritesPerSecond = 1_000;

/** Every figure that does not hold, in words; none when the upgrade was as it must be. */
export function failedFigures(result: DemoResult, expected: Expected): string[] {
  const { traffic, verification } = result;
  const checks: [boolean, string][] = [
    [result.outcome === 'completed', `the outcome is ${result.outcome}, not completed`],
    [traffic.lostWrites === 0, `${traffic.lostWrites} acknowledged writes are lost`],
    [result.differences === 0, `${result.differences} keys differ`],
    [
      result.keysCompared >= expected.keys,
      `only ${result.keysCompared} of ${expected.keys} keys were compared`,
    ],
    [result.addressHeldBy === result.target, `the address is held by ${result.addressHeldBy ?? 'nobody'}`],
    [
      result.approvedBy === expected.approver,
      `it was approved by ${result.approvedBy ?? 'nobody'}, not by ${expected.approver}`,
    ],
    [verification !== undefined, 'the approver was shown no comparison'],
    [
      (verification?.differences ?? 0) === 0,
      `the approver was shown ${verification?.differences} differences`,
    ],
    [traffic.acknowledgedWrites > 0, 'no write was acknowledged'],
    [
      traffic.writesPerSecond >= leastWritesPerSecond,
      `the traffic came to ${Math.round(traffic.writesPerSecond)} writes a second, not ${leastWritesPerSecond}`,
    ],
  ];
  return checks.flatMap(([holds, why]) => (holds ? [] : [why]));
}
