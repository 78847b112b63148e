import type { Architecture, EngineVersion } from '../data-plane.ts';

/** Tencent's `Type` numbers of the versions and architectures the sandbox can pose as. */
const typeNumbers: Readonly<Record<EngineVersion, Readonly<Partial<Record<Architecture, number>>>>> = {
  '2.8': { standard: 2 },
  '4.0': { standard: 6, cluster: 7 },
  '5.0': { standard: 8, cluster: 9 },
  '6.2': { standard: 15, cluster: 16 },
  '7.0': { standard: 17, cluster: 18 },
};

/** The `Type` of an instance. Throws for a pair Tencent does not sell (2.8 has no cluster). */
export function typeNumber(version: EngineVersion, architecture: Architecture): number {
  const number = typeNumbers[version][architecture];
  if (number === undefined)
    throw new Error(`Tencent sells no ${architecture} architecture of Redis ${version}`);
  return number;
}

export interface Edition {
  version: EngineVersion;
  architecture: Architecture;
  type: number;
}

/** Every edition for sale, in the order of its number. */
export function editions(): Edition[] {
  const versions: EngineVersion[] = ['2.8', '4.0', '5.0', '6.2', '7.0'];
  return versions.flatMap((version) =>
    (['standard', 'cluster'] as const).flatMap((architecture) => {
      const type = typeNumbers[version][architecture];
      return type === undefined ? [] : [{ version, architecture, type }];
    }),
  );
}

/** Compares two versions as Tencent's pre-check does: negative when `left` is older. */
export function compareVersions(left: EngineVersion, right: EngineVersion): number {
  return Number(left) - Number(right);
}
