// Clicks on buttons and choices in selects, in messages and in views.
import type { BlockAction } from '@slack/bolt';
import { findElement } from '../block-kit/ids.ts';
import { type JsonObject, stringOf } from '../json.ts';
import type { SlackMessage } from '../message.ts';
import type { InboundParts, Outcome } from './commands.ts';
import { elementState } from './form-values.ts';
import { messageClickPayload, viewClickPayload } from './payloads.ts';
import { actingIn, assertCanAct } from './person.ts';

export interface Click {
  user: string;
  messageTs: string;
  actionId: string;
  blockId?: string;
  /** Chooses among buttons with the same action_id, or the option of a select. */
  value?: string | string[];
  /** The message as this person still saw it, when it may have been edited since: clicks race with edits. */
  seen?: SlackMessage;
}

export interface ViewClick {
  user: string;
  viewId: string;
  actionId: string;
  blockId?: string;
  value?: string | string[];
}

interface Wanted {
  actionId: string;
  blockId?: string;
  value?: string | string[];
}

const buttonFields = ['text', 'value', 'url', 'style', 'icon'] as const;

/** The entry of `actions` for an element; throws when the element is not there. */
function actionOf(blocks: readonly JsonObject[], wanted: Wanted, ts: string): BlockAction['actions'][number] {
  const { value, ...place } = wanted;
  const found = findElement(blocks, typeof value === 'string' ? { ...place, value } : place);
  if (!found) throw new Error(`there is nothing to click with action_id ${wanted.actionId}`);
  const { blockId, element } = found;
  const isButton = element['type'] === 'button' || element['type'] === 'icon_button';
  const own = isButton
    ? Object.fromEntries(buttonFields.flatMap((key) => (key in element ? [[key, element[key]]] : [])))
    : elementState(element, value ?? null);
  const action = {
    type: stringOf(element['type']),
    action_id: wanted.actionId,
    block_id: blockId,
    action_ts: ts,
    ...own,
  };
  // The element's own type decides which of Bolt's action types this is; its fields were copied from it above.
  return action as BlockAction['actions'][number];
}

export class Clicks {
  readonly #parts: InboundParts;

  constructor(parts: InboundParts) {
    this.#parts = parts;
  }

  /**
   * A click in a message. The outcome says whether the app acknowledged in time.
   * Throws when this person could not have clicked it: not visible to them, or no such element.
   */
  async inMessage(click: Click): Promise<Outcome> {
    const { world, responseUrls, deliver } = this.#parts;
    const { workspace } = world;
    const message = click.seen ?? workspace.findByTs(click.messageTs);
    if (!message || (message.ephemeral_to !== undefined && message.ephemeral_to !== click.user)) {
      throw new Error(`${click.user} sees no message ${click.messageTs}`);
    }
    const channel = actingIn(workspace, click.user, message.channel);
    const action = actionOf(message.blocks ?? [], click, workspace.ids.timestamp());
    const inThread = message.thread_ts !== undefined && message.thread_ts !== message.ts;
    const responseUrl = responseUrls.create({
      user: click.user,
      channel: channel.id,
      messageTs: message.ts,
      ...(inThread ? { threadTs: message.thread_ts } : {}),
    });
    const triggerId = world.triggers.create(click.user);
    const payload = messageClickPayload(workspace, {
      user: click.user,
      channel,
      message,
      action,
      triggerId,
      responseUrl,
    });
    const delivery = await deliver({ type: 'interactive', payload });
    return delivery.ok ? { ok: true } : delivery;
  }

  /** A click in an open modal or on the Home tab. */
  async inView(click: ViewClick): Promise<Outcome> {
    const { world, deliver } = this.#parts;
    assertCanAct(world.workspace, click.user);
    const view = world.views.find(click.viewId);
    if (view?.user !== click.user) throw new Error(`${click.user} has no view ${click.viewId}`);
    const payload = viewClickPayload(world.workspace, {
      user: click.user,
      view: world.views.toWire(view),
      triggerId: world.triggers.create(click.user),
      action: actionOf(view.content.blocks, click, world.workspace.ids.timestamp()),
    });
    const delivery = await deliver({ type: 'interactive', payload });
    return delivery.ok ? { ok: true } : delivery;
  }
}
