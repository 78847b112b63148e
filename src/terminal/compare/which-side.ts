import {
  type OpenConnection,
  openConnection,
  type RedisEndpoint,
} from '../../compare/wire/redis-connection.ts';
import type { Address, SideName } from './address.ts';
import { lookAtSide } from './look-at-side.ts';

const SIDES = ['source', 'target'] as const;

/** Finds out on which side something went wrong: an error says what, and not always where. */
export class SideWatch {
  readonly #addresses: Readonly<Record<SideName, Address>>;
  readonly #failed = new WeakMap<Error, SideName>();

  constructor(addresses: Readonly<Record<SideName, Address>>) {
    this.#addresses = addresses;
  }

  /** Connects, and remembers where that failed. */
  readonly open: OpenConnection = async (endpoint, limits) => {
    try {
      return await openConnection(endpoint, limits);
    } catch (error) {
      const side = this.#sideAt(endpoint);
      if (error instanceof Error && side !== undefined) this.#failed.set(error, side);
      throw error;
    }
  };

  /** The side that an error came from, as far as it tells. */
  sideOf(error: unknown): SideName | undefined {
    if (!(error instanceof Error)) return undefined;
    const named = SIDES.filter((side) => {
      const { host, port } = this.#addresses[side].endpoint;
      return error.message.includes(`${host}:${port}`);
    });
    return this.#failed.get(error) ?? (named.length === 1 ? named[0] : undefined);
  }

  /** The same; asks both sides how they are when the error does not tell. */
  async findSideOf(error: unknown): Promise<SideName | undefined> {
    const told = this.sideOf(error);
    if (told !== undefined) return told;
    const looks = await Promise.allSettled(SIDES.map((side) => lookAtSide(this.open, this.#addresses[side])));
    const ill = SIDES.filter((_, index) => looks[index]?.status === 'rejected');
    return ill.length === 1 ? ill[0] : undefined;
  }

  #sideAt({ host, port }: RedisEndpoint): SideName | undefined {
    return SIDES.find((side) => {
      const { endpoint } = this.#addresses[side];
      return endpoint.host === host && endpoint.port === port;
    });
  }
}
