import type { JsonObject } from '../json.ts';
import { maxPostedTextCharacters, maxUpdatedTextCharacters } from '../limits.ts';
import { type SlackMessage, toWire } from '../message.ts';
import type { Channel } from '../workspace.ts';
import type { Arguments, Method, World } from './call.ts';
import { postableChannel, visibleChannel } from './channels-and-users.ts';
import { SlackFailure } from './failure.ts';
import { contentFields, isEmpty, type MessageContent, readContent } from './message-content.ts';

function threadField(args: Arguments, channel: Channel, world: World): { thread_ts?: string } {
  const wanted = args.text('thread_ts');
  if (wanted === undefined) return {};
  const root = world.workspace.find(channel.id, wanted);
  // A reply to a reply lands in the thread of its root.
  return { thread_ts: root?.thread_ts ?? wanted };
}

/** A message of the app itself, not yet in the workspace. */
export function botMessage(world: World, channel: string, content: MessageContent): SlackMessage {
  const { team, app } = world.workspace.seed;
  return {
    type: 'message',
    channel,
    ts: world.workspace.ids.timestamp(),
    user: app.botUserId,
    bot_id: app.botId,
    app_id: app.id,
    team: team.id,
    ...contentFields(content),
  };
}

function postMessage(args: Arguments, world: World): JsonObject {
  const channel = postableChannel(world.workspace, args.required('channel', 'channel_not_found'));
  const content = readContent(args.raw, world);
  if (isEmpty(content)) throw new SlackFailure('no_text');
  const truncated = content.text.length > maxPostedTextCharacters;
  const thread = threadField(args, channel, world);
  const broadcast = thread.thread_ts !== undefined && args.flag('reply_broadcast');
  const message = world.workspace.add({
    ...botMessage(world, channel.id, { ...content, text: content.text.slice(0, maxPostedTextCharacters) }),
    ...thread,
    ...(broadcast ? { subtype: 'thread_broadcast' } : {}),
  });
  const warning = truncated
    ? { warning: 'message_truncated', response_metadata: { warnings: ['message_truncated'] } }
    : {};
  return { channel: channel.id, ts: message.ts, message: toWire(message, { metadata: true }), ...warning };
}

function ownMessage(args: Arguments, world: World, refusal: string): SlackMessage {
  const channel = visibleChannel(world.workspace, args.required('channel', 'channel_not_found'));
  const message = world.workspace.find(channel.id, args.required('ts', 'message_not_found'));
  // An ephemeral message has no address in the Web API.
  if (!message || message.ephemeral_to !== undefined) throw new SlackFailure('message_not_found');
  if (channel.isArchived) throw new SlackFailure('is_inactive');
  if (message.bot_id !== world.workspace.seed.app.botId) throw new SlackFailure(refusal);
  return message;
}

function isRichText(blocks: JsonObject[] | undefined): boolean {
  return (blocks?.length ?? 0) > 0 && (blocks ?? []).every((block) => block['type'] === 'rich_text');
}

/** The message after an edit: what the edit does not name stays, except text and blocks, which it replaces. */
export function edited(message: SlackMessage, content: MessageContent, world: World): SlackMessage {
  const { metadata, ...rest } = message;
  const kept = metadata && content.metadata === undefined ? { metadata } : {};
  const { blocks: _blocks, attachments: _attachments, ...frame } = rest;
  return {
    ...frame,
    ...kept,
    ...contentFields(content),
    edited: { user: world.workspace.seed.app.botUserId, ts: world.workspace.ids.timestamp() },
  };
}

function update(args: Arguments, world: World): JsonObject {
  const message = ownMessage(args, world, 'cant_update_message');
  const content = readContent(args.raw, world);
  if (isEmpty(content)) throw new SlackFailure('no_text');
  if (content.text.length > maxUpdatedTextCharacters) throw new SlackFailure('msg_too_long');
  if (isRichText(message.blocks) && content.blocks && !isRichText(content.blocks)) {
    throw new SlackFailure('block_mismatch');
  }
  const changed = world.workspace.replace(edited(message, content, world));
  return {
    channel: changed.channel,
    ts: changed.ts,
    text: changed.text,
    message: toWire(changed, { metadata: true }),
  };
}

function remove(args: Arguments, world: World): JsonObject {
  const message = ownMessage(args, world, 'cant_delete_message');
  world.workspace.remove(message);
  return { channel: message.channel, ts: message.ts };
}

function postEphemeral(args: Arguments, world: World): JsonObject {
  const channel = postableChannel(world.workspace, args.required('channel', 'channel_not_found'));
  const user = args.required('user', 'user_not_in_channel');
  if (!channel.members.has(user)) throw new SlackFailure('user_not_in_channel');
  const content = readContent(args.raw, world);
  if (isEmpty(content)) throw new SlackFailure('no_text');
  const message = world.workspace.add({
    ...botMessage(world, channel.id, content),
    ...threadField(args, channel, world),
    ephemeral_to: user,
  });
  return { message_ts: message.ts };
}

function getPermalink(args: Arguments, world: World): JsonObject {
  const channel = visibleChannel(world.workspace, args.required('channel', 'channel_not_found'));
  const message = world.workspace.find(channel.id, args.required('message_ts', 'message_not_found'));
  if (!message || message.ephemeral_to !== undefined) throw new SlackFailure('message_not_found');
  const thread =
    message.thread_ts && message.thread_ts !== message.ts ? `?thread_ts=${message.thread_ts}` : '';
  const path = `archives/${channel.id}/p${message.ts.replace('.', '')}${thread}`;
  return { channel: channel.id, permalink: `${world.origin()}/${path}` };
}

const write = { scopes: ['chat:write'] } as const;

export const chatMethods: Record<string, Method> = {
  'chat.postMessage': { ...write, perMinute: 'channel', run: postMessage },
  'chat.update': { ...write, perMinute: 50, run: update },
  'chat.delete': { ...write, perMinute: 50, run: remove },
  'chat.postEphemeral': { ...write, perMinute: 100, run: postEphemeral },
  'chat.getPermalink': { run: getPermalink },
};
