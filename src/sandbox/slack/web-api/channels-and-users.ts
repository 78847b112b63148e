// Wire shapes of channels, users and groups, and the look-ups every method shares.
import type { JsonObject } from '../json.ts';
import type { UsergroupSeed, UserSeed } from '../seed.ts';
import type { Channel, Workspace } from '../workspace.ts';
import { SlackFailure } from './failure.ts';

export function channelToWire(channel: Channel, workspace: Workspace): JsonObject {
  const isIm = channel.im !== undefined;
  return {
    id: channel.id,
    name: channel.name,
    is_channel: !isIm && !channel.isPrivate,
    is_group: !isIm && channel.isPrivate,
    is_im: isIm,
    is_private: channel.isPrivate,
    is_archived: channel.isArchived,
    is_member: channel.members.has(workspace.seed.app.botUserId),
    is_ext_shared: false,
    topic: { value: channel.topic, creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
    num_members: channel.members.size,
    ...(isIm ? { user: channel.im } : {}),
  };
}

export function userToWire(user: UserSeed, workspace: Workspace): JsonObject {
  const showsEmail = workspace.seed.app.scopes.includes('users:read.email') && user.email !== undefined;
  return {
    id: user.id,
    team_id: workspace.teamOf(user.id),
    name: user.name,
    real_name: user.realName,
    deleted: user.deactivated ?? false,
    is_bot: user.isBot ?? false,
    is_app_user: false,
    is_restricted: user.isGuest ?? false,
    is_ultra_restricted: false,
    tz: 'Asia/Shanghai',
    tz_offset: 28_800,
    profile: {
      real_name: user.realName,
      display_name: user.name,
      title: user.title ?? '',
      ...(showsEmail ? { email: user.email } : {}),
    },
  };
}

export function usergroupToWire(group: UsergroupSeed, options: { users: boolean; team: string }): JsonObject {
  return {
    id: group.id,
    team_id: options.team,
    is_usergroup: true,
    name: group.name,
    handle: group.handle,
    description: '',
    user_count: group.users.length,
    date_delete: 0,
    ...(options.users ? { users: [...group.users] } : {}),
  };
}

/** A channel the app may know about; a private one it is not in does not exist for it. */
export function visibleChannel(workspace: Workspace, id: string): Channel {
  const channel = workspace.channels.get(id);
  const isMember = channel?.members.has(workspace.seed.app.botUserId) ?? false;
  if (!channel || (channel.isPrivate && !isMember)) throw new SlackFailure('channel_not_found');
  return channel;
}

/** The channel a message goes to. A user id means the direct messages with that person. */
export function postableChannel(workspace: Workspace, id: string): Channel {
  const user = workspace.users.get(id);
  if (user) {
    if (user.deactivated) throw new SlackFailure('user_disabled');
    return workspace.openIm(user.id);
  }
  const channel = visibleChannel(workspace, id);
  if (channel.isArchived) throw new SlackFailure('is_archived');
  const { scopes, botUserId } = workspace.seed.app;
  if (!channel.members.has(botUserId) && !scopes.includes('chat:write.public')) {
    throw new SlackFailure('not_in_channel');
  }
  return channel;
}
