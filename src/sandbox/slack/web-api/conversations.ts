import type { JsonObject } from '../json.ts';
import { type SlackMessage, toWire } from '../message.ts';
import type { Channel } from '../workspace.ts';
import type { Arguments, Method, World } from './call.ts';
import { channelToWire, visibleChannel } from './channels-and-users.ts';
import { SlackFailure } from './failure.ts';
import { page } from './paging.ts';

function memberChannel(args: Arguments, world: World): Channel {
  const channel = visibleChannel(world.workspace, args.required('channel', 'channel_not_found'));
  if (!channel.members.has(world.workspace.seed.app.botUserId)) throw new SlackFailure('not_in_channel');
  return channel;
}

function isBetween(message: SlackMessage, args: Arguments): boolean {
  const inclusive = args.flag('inclusive');
  const ts = Number(message.ts);
  const oldest = Number(args.text('oldest') ?? 0);
  const latest = Number(args.text('latest') ?? Number.POSITIVE_INFINITY);
  return (ts > oldest && ts < latest) || (inclusive && (ts === oldest || ts === latest));
}

function messagesPage(messages: SlackMessage[], args: Arguments, world: World): JsonObject {
  const metadata = args.flag('include_all_metadata');
  const files = world.workspace.seed.app.scopes.includes('files:read');
  const { items, hasMore, responseMetadata } = page(
    messages.filter((message) => isBetween(message, args)),
    args,
    100,
  );
  return {
    messages: items.map((message) => toWire(message, { metadata, files })),
    has_more: hasMore,
    response_metadata: responseMetadata,
  };
}

function history(args: Arguments, world: World): JsonObject {
  const channel = memberChannel(args, world);
  return messagesPage(world.workspace.mainList(channel.id).reverse(), args, world);
}

function replies(args: Arguments, world: World): JsonObject {
  const channel = memberChannel(args, world);
  const thread = world.workspace.thread(channel.id, args.required('ts', 'thread_not_found'));
  if (thread.length === 0) throw new SlackFailure('thread_not_found');
  return messagesPage(thread, args, world);
}

function kindOf(channel: Channel): string {
  if (channel.im !== undefined) return 'im';
  return channel.isPrivate ? 'private_channel' : 'public_channel';
}

function list(args: Arguments, world: World): JsonObject {
  const types = (args.text('types') ?? 'public_channel').split(',').map((type) => type.trim());
  const app = world.workspace.seed.app.botUserId;
  const channels = [...world.workspace.channels.values()].filter(
    (channel) =>
      types.includes(kindOf(channel)) &&
      (!channel.isPrivate || channel.members.has(app)) &&
      !(args.flag('exclude_archived') && channel.isArchived),
  );
  const { items, responseMetadata } = page(channels, args, 100);
  return {
    channels: items.map((channel) => channelToWire(channel, world.workspace)),
    response_metadata: responseMetadata,
  };
}

function info(args: Arguments, world: World): JsonObject {
  const channel = visibleChannel(world.workspace, args.required('channel', 'channel_not_found'));
  return { channel: channelToWire(channel, world.workspace) };
}

function members(args: Arguments, world: World): JsonObject {
  const channel = visibleChannel(world.workspace, args.required('channel', 'channel_not_found'));
  const { items, responseMetadata } = page([...channel.members], args, 100);
  return { members: items, response_metadata: responseMetadata };
}

function open(args: Arguments, world: World): JsonObject {
  const users = (args.text('users') ?? '').split(',').filter(Boolean);
  if (users.length !== 1)
    throw new SlackFailure(
      users.length === 0 ? 'users_list_not_supplied' : 'method_not_supported_for_channel_type',
    );
  const user = world.workspace.users.get(users[0] ?? '');
  if (!user) throw new SlackFailure('user_not_found');
  if (user.deactivated) throw new SlackFailure('user_disabled');
  const channel = world.workspace.openIm(user.id);
  const wire = args.flag('return_im') ? channelToWire(channel, world.workspace) : { id: channel.id };
  return { channel: wire };
}

function join(args: Arguments, world: World): JsonObject {
  const channel = visibleChannel(world.workspace, args.required('channel', 'channel_not_found'));
  if (channel.isArchived) throw new SlackFailure('is_archived');
  if (channel.isPrivate) throw new SlackFailure('method_not_supported_for_channel_type');
  channel.members.add(world.workspace.seed.app.botUserId);
  world.workspace.announce({ kind: 'channel', channel });
  return { channel: channelToWire(channel, world.workspace) };
}

const read = { scopes: ['channels:read', 'groups:read'] } as const;
const readHistory = { scopes: ['channels:history', 'groups:history'] } as const;

export const conversationMethods: Record<string, Method> = {
  'conversations.info': { ...read, perMinute: 50, run: info },
  'conversations.list': { ...read, perMinute: 20, run: list },
  'conversations.members': { ...read, perMinute: 100, run: members },
  'conversations.history': { ...readHistory, perMinute: 50, run: history },
  'conversations.replies': { ...readHistory, perMinute: 50, run: replies },
  'conversations.open': { scopes: ['im:write'], perMinute: 50, run: open },
  'conversations.join': { scopes: ['channels:join'], perMinute: 50, run: join },
};
