import type { Clock } from '../clock.ts';
import type { Ids } from '../ids.ts';

interface Trigger {
  user: string;
  expiresAt: number;
  used: boolean;
}

/** Trigger ids: each opens one view, once, and only for a short time. */
export class Triggers {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #lifeMs: number;
  readonly #triggers = new Map<string, Trigger>();

  constructor(options: { clock: Clock; ids: Ids; lifeMs: number }) {
    this.#clock = options.clock;
    this.#ids = options.ids;
    this.#lifeMs = options.lifeMs;
  }

  create(user: string): string {
    const id = `${this.#ids.secret(12)}.${this.#ids.secret(12)}.${this.#ids.secret(32).toLowerCase()}`;
    this.#triggers.set(id, { user, expiresAt: this.#clock.now() + this.#lifeMs, used: false });
    return id;
  }

  /** The person who caused it, or Slack's word for why it is not accepted. */
  exchange(id: string): { user: string } | string {
    const trigger = this.#triggers.get(id);
    if (!trigger) return 'invalid_trigger_id';
    if (trigger.used) return 'exchanged_trigger_id';
    if (this.#clock.now() > trigger.expiresAt) return 'expired_trigger_id';
    trigger.used = true;
    return { user: trigger.user };
  }
}
