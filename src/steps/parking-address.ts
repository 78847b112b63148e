import type { Subnet } from '../cloud/cloud.ts';
import type { StepDeps } from './step-deps.ts';

/** Free addresses are looked for this often before giving up. */
const MAX_TRIES = 20;
/** Tencent reserves the first two addresses and the last of every subnet. */
const RESERVED_LOW = 2;
const RESERVED_HIGH = 1;

/** An address of the subnet that nobody holds now; undefined when none was found. Random, so that two plans differ. */
export async function chooseParkingAddress(
  deps: Pick<StepDeps, 'cloud' | 'random'>,
  subnet: Subnet,
): Promise<string | undefined> {
  const range = usableRange(subnet.cidr);
  if (range === undefined) return undefined;
  const first = Math.floor(deps.random() * range.count);
  for (let attempt = 0; attempt < Math.min(MAX_TRIES, range.count); attempt += 1) {
    const ip = formatIp(range.first + ((first + attempt) % range.count));
    if ((await deps.cloud.addressUser(subnet, ip)) === undefined) return ip;
  }
  return undefined;
}

/** First usable address and how many there are; undefined for what is not an IPv4 CIDR block. */
export function usableRange(cidr: string): { first: number; count: number } | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (match === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, bits = 32] = match.slice(1).map(Number);
  if (bits > 32 || [a, b, c, d].some((octet) => octet > 255)) return undefined;
  const size = 2 ** (32 - bits);
  const base = Math.floor((((a * 256 + b) * 256 + c) * 256 + d) / size) * size;
  const count = size - RESERVED_LOW - RESERVED_HIGH;
  return count > 0 ? { first: base + RESERVED_LOW, count } : undefined;
}

function formatIp(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
