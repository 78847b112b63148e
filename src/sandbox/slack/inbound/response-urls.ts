// The one-time addresses an app may answer to after a command or a click.
import { isObject, type JsonObject } from '../json.ts';
import type { SlackMessage } from '../message.ts';
import type { World } from '../web-api/call.ts';
import { botMessage, edited } from '../web-api/chat.ts';
import { SlackFailure } from '../web-api/failure.ts';
import { isEmpty, readContent } from '../web-api/message-content.ts';

/** What a response address belongs to. */
export interface ResponseTarget {
  user: string;
  channel: string;
  /** Thread the click happened in. */
  threadTs?: string;
  /** The message that was clicked; none after a slash command. */
  messageTs?: string;
}

interface Entry extends ResponseTarget {
  expiresAt: number;
  uses: number;
}

export interface ResponseAnswer {
  status: number;
  body: JsonObject;
}

function flag(body: JsonObject, name: string): boolean {
  return body[name] === true;
}

/** Response addresses: five uses within thirty minutes. */
export class ResponseUrls {
  readonly #world: World;
  readonly #entries = new Map<string, Entry>();

  constructor(world: World) {
    this.#world = world;
  }

  create(target: ResponseTarget): string {
    const ticket = this.#world.workspace.ids.secret(24);
    const expiresAt = this.#world.clock.now() + this.#world.limits.responseUrlLifeMs;
    this.#entries.set(ticket, { ...target, expiresAt, uses: 0 });
    return `${this.#world.origin()}/response/${ticket}`;
  }

  /** Answers one POST. Refusals have a status that is not 2xx, which is how apps notice them. */
  use(ticket: string, body: unknown): ResponseAnswer {
    const entry = this.#entries.get(ticket);
    if (!entry || this.#world.clock.now() > entry.expiresAt) {
      return { status: 404, body: { ok: false, error: 'expired_url' } };
    }
    if (entry.uses >= this.#world.limits.responseUrlUses) {
      return { status: 404, body: { ok: false, error: 'used_url' } };
    }
    entry.uses += 1;
    if (!isObject(body)) return { status: 400, body: { ok: false, error: 'invalid_payload' } };
    try {
      this.apply(entry, body);
      return { status: 200, body: { ok: true } };
    } catch (error) {
      if (!(error instanceof SlackFailure)) throw error;
      return { status: 400, body: { ok: false, error: error.code, ...error.details } };
    }
  }

  /** Does what an answer asks for: replace, delete, or say something. Throws SlackFailure. */
  apply(target: ResponseTarget, body: JsonObject): void {
    const original =
      target.messageTs === undefined ? undefined : this.#world.workspace.findByTs(target.messageTs);
    if (flag(body, 'delete_original')) {
      if (original) this.#world.workspace.remove(original);
      return;
    }
    const content = readContent(body, this.#world);
    if (flag(body, 'replace_original') && original) {
      this.#world.workspace.replace(edited(original, content, this.#world));
      return;
    }
    if (isEmpty(content)) throw new SlackFailure('no_text');
    this.#world.workspace.add(this.#answer(target, body, botMessage(this.#world, target.channel, content)));
  }

  #answer(target: ResponseTarget, body: JsonObject, message: SlackMessage): SlackMessage {
    const threadTs = typeof body['thread_ts'] === 'string' ? body['thread_ts'] : target.threadTs;
    return {
      ...message,
      ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
      ...(body['response_type'] === 'in_channel' ? {} : { ephemeral_to: target.user }),
    };
  }
}
