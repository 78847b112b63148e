// What people type: slash commands and plain messages.
import { isObject } from '../json.ts';
import type { SlackMessage } from '../message.ts';
import type { SlashCommandSeed } from '../seed.ts';
import { encodeTyped, escapeText } from '../text.ts';
import type { World } from '../web-api/call.ts';
import { SlackFailure } from '../web-api/failure.ts';
import type { Channel } from '../workspace.ts';
import type { Deliver, Delivery } from './delivery.ts';
import { commandPayload } from './payloads.ts';
import { actingIn, whisper } from './person.ts';
import type { ResponseTarget, ResponseUrls } from './response-urls.ts';

export interface InboundParts {
  world: World;
  responseUrls: ResponseUrls;
  deliver: Deliver;
}

export interface Typed {
  user: string;
  channel: string;
  text: string;
  /** Set when it was typed below a thread. */
  threadTs?: string;
}

/** What became of something a person did. */
export type Outcome = { ok: true } | { ok: false; error: string; errors?: Record<string, string> };

export class Commands {
  readonly #parts: InboundParts;

  constructor(parts: InboundParts) {
    this.#parts = parts;
  }

  /**
   * Sends a slash command. Failures are also shown to the person, as Slack shows them.
   * Throws only when the person could not have typed this here at all.
   */
  async run(typed: Typed): Promise<Outcome> {
    const { workspace } = this.#parts.world;
    const channel = actingIn(workspace, typed.user, typed.channel);
    const [, name = '', text = ''] = /^(\/\S*)\s*([\s\S]*)$/u.exec(typed.text) ?? [];
    if (typed.threadTs !== undefined) {
      return this.#refuse(
        typed,
        'thread_not_supported',
        `${escapeText(name)} is not supported in threads. Sorry!`,
      );
    }
    const command = workspace.seed.commands.find((candidate) => candidate.command === name.toLowerCase());
    if (!command) {
      return this.#refuse(typed, 'unknown_command', `${escapeText(name)} is not a valid command.`);
    }
    return this.#send({ command, channel, user: typed.user, text: text.trim() });
  }

  /** Says something as a person. The app is not told: it subscribes to no message events. */
  say(typed: Typed): SlackMessage {
    const { workspace } = this.#parts.world;
    const channel = actingIn(workspace, typed.user, typed.channel);
    return workspace.add({
      type: 'message',
      channel: channel.id,
      ts: workspace.ids.timestamp(),
      user: typed.user,
      team: workspace.teamOf(typed.user),
      text: encodeTyped(typed.text, workspace),
      ...(typed.threadTs === undefined ? {} : { thread_ts: typed.threadTs }),
    });
  }

  async #send(input: {
    command: SlashCommandSeed;
    channel: Channel;
    user: string;
    text: string;
  }): Promise<Outcome> {
    const { world, responseUrls, deliver } = this.#parts;
    const target: ResponseTarget = { user: input.user, channel: input.channel.id };
    const payload = commandPayload(world.workspace, {
      user: input.user,
      channel: input.channel,
      command: input.command.command,
      text:
        (input.command.shouldEscape ?? true)
          ? encodeTyped(input.text, world.workspace)
          : escapeText(input.text),
      triggerId: world.triggers.create(input.user),
      responseUrl: responseUrls.create(target),
    });
    const delivery = await deliver({ type: 'slash_commands', payload });
    const error = delivery.ok ? this.#showAck(target, delivery) : delivery.error;
    if (error === undefined) return { ok: true };
    return this.#refuse(target, error, `${input.command.command} failed with the error "${error}"`);
  }

  #showAck(target: ResponseTarget, delivery: Delivery & { ok: true }): string | undefined {
    const body = typeof delivery.body === 'string' ? { text: delivery.body } : delivery.body;
    if (!isObject(body) || Object.keys(body).length === 0) return undefined;
    try {
      this.#parts.responseUrls.apply(target, body);
      return undefined;
    } catch (error) {
      if (error instanceof SlackFailure) return 'invalid_response';
      throw error;
    }
  }

  #refuse(place: { user: string; channel: string; threadTs?: string }, error: string, text: string): Outcome {
    whisper(this.#parts.world.workspace, place, text);
    return { ok: false, error };
  }
}
