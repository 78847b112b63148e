import type { InstanceSpec } from './instances.ts';

/** A resource of another product that holds an address. */
interface OtherResourceSeed {
  type: 'CVM' | 'CLB' | 'MYSQL';
  id: string;
  subnet: string;
  host: number;
}

interface SecurityGroupSeed {
  id?: string;
  name: string;
  inbound: readonly { action: 'ACCEPT' | 'DROP'; cidr: string; port: string; protocol: string }[];
}

/** One region of the world at its start. */
export interface RegionSeed {
  region: string;
  /** Each VPC is a /16 of its own; its subnets are 127.x.1.0/24, 127.x.2.0/24 and so on. */
  vpcs: readonly { name: string; subnets: readonly { name: string; zone: string }[] }[];
  securityGroups?: readonly SecurityGroupSeed[];
  otherResources?: readonly OtherResourceSeed[];
  instances: readonly Omit<InstanceSpec, 'region'>[];
}

/** Passwords of the seeded instances; they exist on this machine's loopback network only. */
export const seedPasswords = {
  orders: 'orders-Secret-28',
  target: 'target-Secret-40',
  small: 'small-Secret-40',
} as const;

/**
 * Two regions with sources of 2.8 and 4.0, fitting targets, and instances that must not be used: another region, too
 * small, isolated, not initialised. Targets lie in another subnet than the sources, as a target bought without thought
 * would; `cache` is in another zone.
 */
export const worldSeed: readonly RegionSeed[] = [
  {
    region: 'ap-guangzhou',
    vpcs: [
      {
        name: 'production',
        subnets: [
          { name: 'production-a', zone: 'ap-guangzhou-3' },
          { name: 'production-b', zone: 'ap-guangzhou-3' },
          { name: 'production-c', zone: 'ap-guangzhou-4' },
        ],
      },
    ],
    securityGroups: [
      {
        id: 'sg-redisapp',
        name: 'applications',
        inbound: [{ action: 'ACCEPT', cidr: '127.0.0.0/8', port: '6379', protocol: 'tcp' }],
      },
      { id: 'sg-default1', name: 'default', inbound: [] },
    ],
    otherResources: [
      { type: 'CVM', id: 'ins-orders01', subnet: 'production-a', host: 20 },
      { type: 'CVM', id: 'ins-orders02', subnet: 'production-a', host: 21 },
      { type: 'CLB', id: 'lb-frontend', subnet: 'production-b', host: 5 },
    ],
    instances: [
      {
        id: 'crs-orders28',
        name: 'orders',
        subnet: 'production-a',
        host: 10,
        version: '2.8',
        architecture: 'standard',
        password: seedPasswords.orders,
        securityGroups: ['sg-redisapp'],
        tags: { team: 'orders' },
      },
      {
        id: 'crs-orders40',
        name: 'orders-4.0',
        subnet: 'production-b',
        host: 10,
        version: '4.0',
        architecture: 'standard',
        memoryMb: 2048,
        password: seedPasswords.target,
        securityGroups: ['sg-default1'],
        tags: { team: 'orders' },
      },
      {
        id: 'crs-ordersc4',
        name: 'orders-4.0-cluster',
        subnet: 'production-b',
        host: 11,
        version: '4.0',
        architecture: 'cluster',
        memoryMb: 6144,
        password: seedPasswords.target,
        securityGroups: ['sg-default1'],
        tags: { team: 'orders' },
      },
      {
        id: 'crs-sessio40',
        name: 'sessions',
        subnet: 'production-a',
        host: 12,
        version: '4.0',
        architecture: 'standard',
        password: seedPasswords.orders,
        securityGroups: ['sg-redisapp'],
        tags: { team: 'web' },
      },
      {
        id: 'crs-tinytiny',
        name: 'too-small',
        subnet: 'production-a',
        host: 13,
        version: '4.0',
        architecture: 'standard',
        memoryMb: 1,
        password: seedPasswords.small,
        start: 'lazy',
      },
      {
        id: 'crs-cachez4a',
        name: 'cache-other-zone',
        subnet: 'production-c',
        host: 10,
        version: '4.0',
        architecture: 'standard',
        start: 'lazy',
      },
      {
        id: 'crs-isolated',
        name: 'given-back',
        subnet: 'production-a',
        host: 14,
        version: '2.8',
        architecture: 'standard',
        status: 'isolated',
      },
      {
        id: 'crs-newborn1',
        name: 'not-initialised',
        subnet: 'production-a',
        host: 15,
        version: '4.0',
        architecture: 'standard',
        status: 'uninitialised',
      },
    ],
  },
  {
    region: 'ap-singapore',
    vpcs: [
      {
        name: 'sea',
        subnets: [
          { name: 'sea-a', zone: 'ap-singapore-2' },
          { name: 'sea-b', zone: 'ap-singapore-2' },
        ],
      },
    ],
    securityGroups: [{ id: 'sg-seaapps1', name: 'applications', inbound: [] }],
    otherResources: [{ type: 'CVM', id: 'ins-sea00001', subnet: 'sea-a', host: 20 }],
    instances: [
      {
        id: 'crs-seacrt28',
        name: 'cart',
        subnet: 'sea-a',
        host: 10,
        version: '2.8',
        architecture: 'standard',
        password: seedPasswords.orders,
        securityGroups: ['sg-seaapps1'],
        start: 'lazy',
      },
      {
        id: 'crs-seacrt40',
        name: 'cart-4.0',
        subnet: 'sea-a',
        host: 11,
        version: '4.0',
        architecture: 'standard',
        memoryMb: 2048,
        password: seedPasswords.target,
        start: 'lazy',
      },
    ],
  },
];
