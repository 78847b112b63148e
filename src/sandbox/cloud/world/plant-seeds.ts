import { claimLoopbackBlock, type LoopbackBlock } from './loopback-block.ts';
import { findRegion } from './regions.ts';
import type { RegionSeed } from './seeds.ts';
import type { World } from './world.ts';

export interface PlantOptions {
  regions: readonly RegionSeed[];
  random: () => number;
  servicePort: number;
  /** Called with each block of addresses as soon as it is held, so that it is released even when planting fails later. */
  claimed(block: LoopbackBlock): void;
}

/** Fills an empty world. Resolves when every instance that starts eagerly can be reached. */
export async function plantSeeds(world: World, options: PlantOptions): Promise<void> {
  for (const seed of options.regions) {
    if (findRegion(seed.region) === undefined) throw new Error(`${seed.region} is not a region of Tencent's`);
    await plantNetworks(world, seed, options);
    plantNeighbours(world, seed);
  }
  const specs = options.regions.flatMap(({ region, instances }) =>
    instances.map((spec) => ({ ...spec, region })),
  );
  const created = await Promise.allSettled(specs.map((spec) => world.instances.create(spec)));
  const failed = created.find((result) => result.status === 'rejected');
  if (failed !== undefined)
    throw new Error('An instance of the seed could not be created', { cause: failed.reason });
}

async function plantNetworks(world: World, seed: RegionSeed, options: PlantOptions): Promise<void> {
  for (const { name, subnets } of seed.vpcs) {
    const block = await claimLoopbackBlock(options.random, options.servicePort);
    options.claimed(block);
    const vpc = world.network.addVpc(seed.region, name, block.octet);
    for (const subnet of subnets) world.network.addSubnet(vpc, subnet.name, subnet.zone);
  }
}

function plantNeighbours(world: World, seed: RegionSeed): void {
  for (const group of seed.securityGroups ?? []) {
    world.securityGroups.add({ ...group, region: seed.region, createdAtMs: world.clock.now() });
  }
  for (const { type, id, subnet, host } of seed.otherResources ?? []) {
    const place = world.network.findSubnet(seed.region, subnet);
    if (place === undefined) throw new Error(`${seed.region} has no subnet ${subnet}`);
    world.network.occupy(place.prefix + host, { resourceType: type, resourceId: id });
  }
}
