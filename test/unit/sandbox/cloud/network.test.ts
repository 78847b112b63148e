import { beforeEach, describe, expect, it } from 'vitest';
import { Network, type Subnet } from '../../../../src/sandbox/cloud/world/network.ts';

const dayMs = 86_400_000;
const time = { now: 0 };
let network: Network;
let subnet: Subnet;

beforeEach(() => {
  time.now = 0;
  network = new Network({ now: () => time.now }, () => 0.5);
  subnet = network.addSubnet(network.addVpc('ap-guangzhou', 'main', 42), 'a', 'ap-guangzhou-3');
});

describe('a subnet', () => {
  it('is a /24 of its VPC, numbered from 1', () => {
    expect([subnet.vpc.cidr, subnet.cidr]).toEqual(['127.42.0.0/16', '127.42.1.0/24']);
    expect(network.addSubnet(subnet.vpc, 'b', 'ap-guangzhou-3').cidr).toBe('127.42.2.0/24');
  });

  it.each([
    ['127.42.1.2', true],
    ['127.42.1.254', true],
    ['127.42.1.1', false],
    ['127.42.1.255', false],
    ['127.42.1.0', false],
    ['127.42.1.010', false],
    ['127.42.1.1000', false],
    ['127.42.2.10', false],
    ['127.42.1.10.5', false],
    ['127.42.1.', false],
  ])('has the address %s: %s', (ip, expected) => {
    expect(network.contains(subnet, ip)).toBe(expected);
  });
});

describe('an address', () => {
  const holder = { resourceType: 'REDIS', resourceId: 'crs-a' };

  it('is given to one only', () => {
    expect(network.occupy('127.42.1.10', holder)).toBe(true);
    expect(network.occupy('127.42.1.10', { ...holder, resourceId: 'crs-b' })).toBe(false);
    network.release('127.42.1.10');
    expect(network.occupy('127.42.1.10', { ...holder, resourceId: 'crs-b' })).toBe(true);
  });

  it('stays reserved as long as it is retained, and not a moment longer', () => {
    network.occupy('127.42.1.10', holder);
    network.retain('127.42.1.10', 2 * dayMs);
    time.now = 2 * dayMs - 1;
    expect(network.occupant('127.42.1.10')).toMatchObject(holder);
    time.now = 2 * dayMs;
    expect(network.occupant('127.42.1.10')).toBeUndefined();
  });

  it('is picked from the free ones until there are none', () => {
    const picked = new Set<string>();
    for (let ip = network.pickFree(subnet); ip !== undefined; ip = network.pickFree(subnet)) {
      expect(network.contains(subnet, ip)).toBe(true);
      network.occupy(ip, holder);
      picked.add(ip);
    }
    expect(picked.size).toBe(253);
    expect(network.occupied(subnet)).toHaveLength(253);
  });
});
