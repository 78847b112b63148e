import { shortId } from '../identifiers.ts';

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  /** Only shown, never enforced. */
  readonly inbound: readonly { action: 'ACCEPT' | 'DROP'; cidr: string; port: string; protocol: string }[];
  readonly createdAtMs: number;
}

/** The security groups of all regions. They are listed and bound; the sandbox filters no traffic by them. */
export class SecurityGroups {
  readonly #groups = new Map<string, SecurityGroup>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  add(group: Omit<SecurityGroup, 'id'> & { id?: string }): SecurityGroup {
    const added = { ...group, id: group.id ?? shortId('sg', this.#random) };
    this.#groups.set(added.id, added);
    return added;
  }

  find(region: string, id: string): SecurityGroup | undefined {
    const group = this.#groups.get(id);
    return group?.region === region ? group : undefined;
  }
}
