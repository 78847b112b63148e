// The Events API and shortcuts: what Slack tells the app on its own account.
import type { JsonObject } from '../json.ts';
import type { InboundParts, Outcome } from './commands.ts';
import type { Delivery, Envelope } from './delivery.ts';
import { eventPayload, shortcutPayload } from './payloads.ts';
import { assertCanAct } from './person.ts';

export class Events {
  readonly #parts: InboundParts;
  readonly #timers = new Set<NodeJS.Timeout>();
  #closed = false;

  constructor(parts: InboundParts) {
    this.#parts = parts;
  }

  /** Sends an event; up to three further attempts when the app does not take it. */
  async send(event: JsonObject): Promise<Outcome> {
    const payload = eventPayload(this.#parts.world.workspace, event);
    const first = await this.#parts.deliver({ type: 'events_api', payload });
    if (first.ok) return { ok: true };
    this.#retry(payload, 1, first.error);
    return first;
  }

  /** A person opens the app's Home tab. */
  openHome(user: string): Promise<Outcome> {
    const { world } = this.#parts;
    assertCanAct(world.workspace, user);
    const view = world.views.home(user);
    return this.send({
      type: 'app_home_opened',
      user,
      channel: world.workspace.openIm(user).id,
      tab: 'home',
      ...(view ? { view: world.views.toWire(view) } : {}),
    });
  }

  /** A person starts a global shortcut. */
  async shortcut(user: string, callbackId: string): Promise<Outcome> {
    const { world, deliver } = this.#parts;
    assertCanAct(world.workspace, user);
    const payload = shortcutPayload(world.workspace, {
      user,
      callbackId,
      triggerId: world.triggers.create(user),
      actionTs: world.workspace.ids.timestamp(),
    });
    const delivery = await deliver({ type: 'interactive', payload });
    return delivery.ok ? { ok: true } : delivery;
  }

  /** Changes who is in a user group; the app is told what was added and removed. */
  setUsergroupMembers(id: string, users: readonly string[]): Promise<Outcome> {
    const { workspace } = this.#parts.world;
    const group = workspace.usergroups.get(id);
    if (!group) throw new Error(`there is no user group ${id}`);
    const before = group.users;
    group.users = [...users];
    const added = users.filter((user) => !before.includes(user));
    const removed = before.filter((user) => !users.includes(user));
    return this.send({
      type: 'subteam_members_changed',
      subteam_id: id,
      team_id: workspace.seed.team.id,
      added_users: added,
      added_users_count: added.length,
      removed_users: removed,
      removed_users_count: removed.length,
    });
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #retry(payload: JsonObject, attempt: number, error: (Delivery & { ok: false })['error']): void {
    const delayMs = this.#parts.world.limits.eventRetryDelaysMs[attempt - 1];
    if (delayMs === undefined || this.#closed) return;
    const reason = error === 'operation_timeout' ? 'http_timeout' : 'http_error';
    const envelope: Envelope = { type: 'events_api', payload, retryAttempt: attempt, retryReason: reason };
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#parts.deliver(envelope).then((delivery) => {
        if (!delivery.ok) this.#retry(payload, attempt + 1, delivery.error);
      });
    }, delayMs);
    this.#timers.add(timer);
  }
}
