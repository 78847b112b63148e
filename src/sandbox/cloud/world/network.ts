import type { Clock } from '../clock.ts';
import { numericId, shortId } from '../identifiers.ts';

export interface Vpc {
  readonly id: string;
  /** The legacy number in DescribeInstances. */
  readonly number: number;
  readonly name: string;
  readonly region: string;
  readonly cidr: string;
  readonly octet: number;
  readonly createdAtMs: number;
}

export interface Subnet {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly vpc: Vpc;
  readonly zone: string;
  readonly cidr: string;
  /** The address without its last number: `127.42.1.`. */
  readonly prefix: string;
  readonly createdAtMs: number;
}

/** Who holds an address. */
export interface Occupant {
  resourceType: string;
  resourceId: string;
  /** Set while an address an instance has left is still kept for it (Recycle); free again from then on. */
  retainedUntilMs?: number;
}

const firstHost = 2;
const lastHost = 254;
/** .0, .1 (gateway) and .255 belong to the cloud. */
export const addressesPerSubnet = lastHost - firstHost + 1;

/** VPCs, subnets and who holds which address. Every VPC has a /16 of the loopback network to itself. */
export class Network {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #vpcs: Vpc[] = [];
  readonly #subnets: Subnet[] = [];
  readonly #occupants = new Map<string, Occupant>();

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  addVpc(region: string, name: string, octet: number): Vpc {
    const vpc = {
      id: shortId('vpc', this.#random),
      number: numericId(5, this.#random),
      name,
      region,
      cidr: `127.${octet}.0.0/16`,
      octet,
      createdAtMs: this.#clock.now(),
    };
    this.#vpcs.push(vpc);
    return vpc;
  }

  /** The next subnet of the VPC: 127.x.1.0/24, 127.x.2.0/24 and so on. */
  addSubnet(vpc: Vpc, name: string, zone: string): Subnet {
    const third = this.#subnets.filter((subnet) => subnet.vpc === vpc).length + 1;
    const prefix = `127.${vpc.octet}.${third}.`;
    const subnet = {
      id: shortId('subnet', this.#random),
      number: numericId(6, this.#random),
      name,
      vpc,
      zone,
      cidr: `${prefix}0/24`,
      prefix,
      createdAtMs: this.#clock.now(),
    };
    this.#subnets.push(subnet);
    return subnet;
  }

  vpcs(region: string): readonly Vpc[] {
    return this.#vpcs.filter((vpc) => vpc.region === region);
  }

  subnets(region: string): readonly Subnet[] {
    return this.#subnets.filter((subnet) => subnet.vpc.region === region);
  }

  findSubnet(region: string, idOrName: string): Subnet | undefined {
    return this.subnets(region).find((subnet) => subnet.id === idOrName || subnet.name === idOrName);
  }

  /** Whether `ip` is an address that a resource in `subnet` may have. */
  contains(subnet: Subnet, ip: string): boolean {
    if (!ip.startsWith(subnet.prefix)) return false;
    const host = ip.slice(subnet.prefix.length);
    return /^[1-9]\d{0,2}$/.test(host) && Number(host) >= firstHost && Number(host) <= lastHost;
  }

  occupant(ip: string): Occupant | undefined {
    const occupant = this.#occupants.get(ip);
    if (occupant?.retainedUntilMs === undefined || occupant.retainedUntilMs > this.#clock.now())
      return occupant;
    this.#occupants.delete(ip);
    return undefined;
  }

  /** False when somebody holds the address already. */
  occupy(ip: string, occupant: Occupant): boolean {
    if (this.occupant(ip) !== undefined) return false;
    this.#occupants.set(ip, occupant);
    return true;
  }

  release(ip: string): void {
    this.#occupants.delete(ip);
  }

  /** Keeps an address that `resourceId` left reserved until a moment. */
  retain(ip: string, until: number): void {
    const occupant = this.#occupants.get(ip);
    if (occupant !== undefined) this.#occupants.set(ip, { ...occupant, retainedUntilMs: until });
  }

  /** A random free address of the subnet; undefined when it is full. */
  pickFree(subnet: Subnet): string | undefined {
    const start = Math.floor(this.#random() * addressesPerSubnet);
    for (let i = 0; i < addressesPerSubnet; i++) {
      const ip = subnet.prefix + (firstHost + ((start + i) % addressesPerSubnet));
      if (this.occupant(ip) === undefined) return ip;
    }
    return undefined;
  }

  /** Everything held in a subnet, in the order of the addresses. */
  occupied(subnet: Subnet): { ip: string; occupant: Occupant }[] {
    const found: { ip: string; occupant: Occupant }[] = [];
    for (let host = firstHost; host <= lastHost; host++) {
      const occupant = this.occupant(subnet.prefix + host);
      if (occupant !== undefined) found.push({ ip: subnet.prefix + host, occupant });
    }
    return found;
  }
}
