/** A region as the sandbox knows it. */
export interface Region {
  name: string;
  /** Tencent's number; undefined where the instance model documents none. */
  id: number | undefined;
  /** The two to four letters in DescribeProductInfo. */
  shortName: string;
}

const known: readonly [name: string, shortName: string, id?: number][] = [
  ['ap-guangzhou', 'gz', 1],
  ['ap-shanghai', 'sh', 4],
  ['ap-hongkong', 'hk', 5],
  ['ap-shanghai-fsi', 'shjr', 7],
  ['ap-beijing', 'bj', 8],
  ['ap-singapore', 'sg', 9],
  ['ap-shenzhen-fsi', 'szjr', 11],
  ['na-siliconvalley', 'usw', 15],
  ['ap-chengdu', 'cd', 16],
  ['eu-frankfurt', 'de', 17],
  ['ap-seoul', 'kr', 18],
  ['ap-chongqing', 'cq', 19],
  ['na-ashburn', 'use', 22],
  ['ap-bangkok', 'th', 23],
  ['ap-tokyo', 'jp', 25],
  ['ap-nanjing', 'nj'],
  ['ap-jakarta', 'jkt'],
  ['ap-mumbai', 'in'],
  ['eu-moscow', 'ru'],
  ['na-toronto', 'ca'],
  ['sa-saopaulo', 'sao'],
];

const regions = new Map<string, Region>(
  known.map(([name, shortName, id]) => [name, { name, shortName, id }] as const),
);

/** The region of this name; undefined when Tencent has none. */
export function findRegion(name: string): Region | undefined {
  return regions.get(name);
}

/** The number of a zone such as `ap-guangzhou-3`: Tencent writes 100003 for it. */
export function zoneNumber(zone: string): number {
  const cut = zone.lastIndexOf('-');
  const region = regions.get(zone.slice(0, cut));
  const number = Number(zone.slice(cut + 1));
  if (region === undefined || !Number.isInteger(number)) throw new Error(`${zone} is not the name of a zone`);
  return (region.id ?? 99) * 100_000 + number;
}
