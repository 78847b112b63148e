import { type RegionSeed, worldSeed } from '../cloud/world/seeds.ts';

/** The version an upgrade starts from and the architecture it goes to; the target is always a 4.0. */
export interface Pair {
  from: '2.8' | '4.0';
  to: 'standard' | 'cluster';
}

export interface Landscape {
  regions: RegionSeed[];
  sourceId: string;
  targetId: string;
  /** By instance id; an instance without an entry is password-free. */
  passwords: Record<string, string>;
}

const sources = { '2.8': 'crs-orders28', '4.0': 'crs-sessio40' } as const;
const targets = { standard: 'crs-orders40', cluster: 'crs-ordersc4' } as const;
/** Not the source's: something for the upgrade to align besides the subnet and the security groups. */
const targetPort = 6380;

/**
 * The account of the sandbox's cloud, with one pair in the middle of it. Only the servers of that pair run from the
 * start, all others when somebody first needs them.
 */
export function landscapeFor(pair: Pair): Landscape {
  const sourceId = sources[pair.from];
  const targetId = targets[pair.to];
  const source = worldSeed.flatMap(({ instances }) => instances).find(({ id }) => id === sourceId);
  // Clients know one password, and after the switch it is the target that asks them for it.
  const password = source?.password === undefined ? {} : { password: source.password };
  const regions = worldSeed.map((region) => ({
    ...region,
    instances: region.instances.map((instance) => {
      if (instance.id === sourceId) return { ...instance, start: 'eager' as const };
      if (instance.id === targetId)
        return { ...instance, ...password, start: 'eager' as const, port: targetPort };
      return { ...instance, start: 'lazy' as const };
    }),
  }));
  const passwords = Object.fromEntries(
    regions.flatMap(({ instances }) =>
      instances.flatMap(({ id, password }) =>
        id === undefined || password === undefined ? [] : [[id, password]],
      ),
    ),
  );
  return { regions, sourceId, targetId, passwords };
}
