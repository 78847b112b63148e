import type { RedisEndpoint } from '../../../redis-server/launch-redis-server.ts';
import type { Reply } from './decode-reply.ts';
import type { CommandArgument } from './encode-command.ts';
import { RedisLink } from './redis-link.ts';

/** A link that is opened again when it is needed and was lost: clients may kill the server's connections. */
export class ReopeningLink {
  readonly #endpoint: RedisEndpoint;
  readonly #password: () => string | undefined;
  #link: Promise<RedisLink> | undefined;
  #closed = false;

  constructor(endpoint: RedisEndpoint, password: () => string | undefined) {
    this.#endpoint = endpoint;
    this.#password = password;
  }

  async call(...args: CommandArgument[]): Promise<Reply> {
    return await (await this.#open()).call(...args);
  }

  async pipeline(commands: readonly (readonly CommandArgument[])[]): Promise<Reply[]> {
    return await (await this.#open()).pipeline(commands);
  }

  close(): void {
    this.#closed = true;
    void this.#link?.then(
      (link) => link.close(),
      () => undefined,
    );
  }

  /** The link when it is open, otherwise a new one. Callers at one time share the result, as it is stored at once. */
  async #usable(link: Promise<RedisLink> | undefined): Promise<RedisLink> {
    const current = await link?.catch(() => undefined);
    if (current?.isOpen()) return current;
    return await RedisLink.open(this.#endpoint, this.#password());
  }

  async #open(): Promise<RedisLink> {
    if (this.#closed) throw new Error('The instance is closed');
    this.#link = this.#usable(this.#link);
    return await this.#link;
  }
}
