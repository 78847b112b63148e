import { describeKind, type Edition, type RedisVersion } from './instance.ts';
import { accept, type Outcome, refuse } from './refusal.ts';

export interface Kind {
  version: RedisVersion;
  edition: Edition;
}

/** The upgrades that are built and tested. Tencent's own table of DTS links is larger; what is not here is refused. */
const SUPPORTED: readonly { source: string; targets: readonly Kind[] }[] = [
  {
    source: '2.8 standard',
    targets: [
      { version: '4.0', edition: 'standard' },
      { version: '4.0', edition: 'cluster' },
    ],
  },
  { source: '4.0 standard', targets: [{ version: '4.0', edition: 'cluster' }] },
];

/** What an instance of this kind can be upgraded to; empty when nothing. */
export function upgradesTo(source: Kind): Kind[] {
  return [...(SUPPORTED.find((row) => row.source === describeKind(source))?.targets ?? [])];
}

/** Whether this source can be upgraded to this target; a refusal names the reason and what is possible instead. */
export function judgePair(source: Kind, target: Kind): Outcome<true> {
  const possible = upgradesTo(source);
  if (possible.some((kind) => describeKind(kind) === describeKind(target))) return accept(true);
  return refuse('pair_not_supported', `${whyNot(source, target)} ${whatInstead(source, possible)}`);
}

function whyNot(source: Kind, target: Kind): string {
  const pair = `${describeKind(source)} to ${describeKind(target)}`;
  if (describeKind(source) === describeKind(target))
    return `${pair} is not an upgrade: both are of the same kind.`;
  if (versionNumber(target.version) < versionNumber(source.version)) {
    return `${pair} would be a downgrade, which Tencent's transfer service does not copy.`;
  }
  if (source.edition === 'cluster' && target.edition === 'standard' && source.version === target.version) {
    return `${pair} is not possible: a cluster does not become a standard instance of the same version.`;
  }
  if (source.edition === 'single')
    return `${pair} is not possible: an instance without a replica cannot be copied live.`;
  return `${pair} is not supported.`;
}

function whatInstead(source: Kind, possible: Kind[]): string {
  if (possible.length === 0) return `Upgrades from ${describeKind(source)} are not supported yet.`;
  return `From ${describeKind(source)} choose a target of ${possible.map(describeKind).join(' or ')}.`;
}

function versionNumber(version: RedisVersion): number {
  return version === 'unknown' ? Number.NaN : Number(version);
}

/** Tencent's rule for the architecture: these figures and transactions speak for standard. */
const STANDARD_MAX_DATA_MB = 12 * 1024;
const STANDARD_MAX_QPS = 40_000;

/** Advice on the edition of the target, by Tencent's rule; empty when the choice fits it. */
export function adviseEdition(
  target: Edition,
  load: { usedMemoryMb: number; commandsPerSecond: number },
): string[] {
  const fitsStandard = load.usedMemoryMb < STANDARD_MAX_DATA_MB && load.commandsPerSecond <= STANDARD_MAX_QPS;
  if (target === 'cluster' && fitsStandard) {
    return [
      'Tencent advises standard for under 12 GB of data (under 60 GB expected) and up to 40,000 commands a second, or when transactions are needed; this source is within that.',
    ];
  }
  if (target === 'standard' && !fitsStandard) {
    return [
      'Tencent advises cluster from 12 GB of data or above 40,000 commands a second; this source is above that.',
    ];
  }
  return [];
}

/** Commands over several keys that a cluster refuses when the keys are in different slots. */
const CROSS_SLOT_COMMANDS = new Set(
  `rename renamenx unlink rpoplpush blpop brpop brpoplpush sdiff sdiffstore sinter sinterstore smove sunion sunionstore
   zinterstore zunionstore bitop msetnx pfcount pfmerge eval evalsha xread xreadgroup`.split(/\s+/),
);

/** Of the commands a source has seen, those that may fail on a cluster. */
export function crossSlotCommands(seen: Iterable<string>): string[] {
  return [...seen].filter((command) => CROSS_SLOT_COMMANDS.has(command.toLowerCase())).sort();
}
