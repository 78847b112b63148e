// auth, users, user groups, reactions and the other small methods.

import type { Problem } from '../block-kit/checks.ts';
import { validateBlocks, validateView } from '../block-kit/validate.ts';
import type { JsonObject } from '../json.ts';
import { isObject } from '../json.ts';
import type { Arguments, Method, World } from './call.ts';
import { usergroupToWire, userToWire, visibleChannel } from './channels-and-users.ts';
import { SlackFailure } from './failure.ts';
import { page } from './paging.ts';

function authTest(_args: Arguments, world: World): JsonObject {
  const { team, app } = world.workspace.seed;
  return {
    url: `${world.origin()}/`,
    team: team.name,
    user: world.workspace.users.get(app.botUserId)?.name ?? '',
    team_id: team.id,
    user_id: app.botUserId,
    bot_id: app.botId,
    is_enterprise_install: false,
  };
}

function usersInfo(args: Arguments, world: World): JsonObject {
  const user = world.workspace.users.get(args.required('user', 'user_not_found'));
  if (!user) throw new SlackFailure('user_not_found');
  return { user: userToWire(user, world.workspace) };
}

function usersList(args: Arguments, world: World): JsonObject {
  const { items, responseMetadata } = page([...world.workspace.users.values()], args, 200);
  return {
    members: items.map((user) => userToWire(user, world.workspace)),
    response_metadata: responseMetadata,
  };
}

function usergroupsList(args: Arguments, world: World): JsonObject {
  const options = { users: args.flag('include_users'), team: world.workspace.seed.team.id };
  return {
    usergroups: [...world.workspace.usergroups.values()].map((group) => usergroupToWire(group, options)),
  };
}

function usergroupsUsersList(args: Arguments, world: World): JsonObject {
  const group = world.workspace.usergroups.get(args.required('usergroup', 'no_such_subteam'));
  if (!group) throw new SlackFailure('no_such_subteam');
  return { users: [...group.users] };
}

function reactionsAdd(args: Arguments, world: World): JsonObject {
  const channel = visibleChannel(world.workspace, args.required('channel', 'channel_not_found'));
  const message = world.workspace.find(channel.id, args.required('timestamp', 'message_not_found'));
  if (!message || message.ephemeral_to !== undefined) throw new SlackFailure('message_not_found');
  const name = args.required('name', 'invalid_name');
  const user = world.workspace.seed.app.botUserId;
  const others = (message.reactions ?? []).filter((reaction) => reaction.name !== name);
  const existing = message.reactions?.find((reaction) => reaction.name === name);
  if (existing?.users.includes(user)) throw new SlackFailure('already_reacted');
  const users = [...(existing?.users ?? []), user];
  world.workspace.replace({ ...message, reactions: [...others, { name, users, count: users.length }] });
  return {};
}

function refuse(code: string, problems: Problem[]): JsonObject {
  if (problems.length === 0) return {};
  throw new SlackFailure(code, {
    errors: problems.map((problem) => ({ ...problem, code: 'failed_constraint' })),
  });
}

function blocksValidate(args: Arguments, world: World): JsonObject {
  const given = ['blocks', 'message', 'view'].filter((name) => args.value(name) !== undefined);
  if (given.length !== 1) throw new SlackFailure('invalid_arguments');
  const subject = args.value(given[0] ?? '');
  if (given[0] === 'view') return refuse('invalid_view', validateView(subject, world.rules));
  if (given[0] === 'blocks') return refuse('invalid_blocks', validateBlocks(subject, world.rules));
  const blocks = isObject(subject) ? subject['blocks'] : undefined;
  return refuse('invalid_message', blocks === undefined ? [] : validateBlocks(blocks, world.rules));
}

export const directoryMethods: Record<string, Method> = {
  'api.test': { run: () => ({}) },
  'auth.test': { run: authTest },
  'apps.connections.open': {
    token: 'app',
    perMinute: 50,
    run: (_args, world) => ({ url: world.openSocket() }),
  },
  'blocks.validate': { run: blocksValidate },
  'reactions.add': { scopes: ['reactions:write'], perMinute: 50, run: reactionsAdd },
  'usergroups.list': { scopes: ['usergroups:read'], perMinute: 20, run: usergroupsList },
  'usergroups.users.list': { scopes: ['usergroups:read'], perMinute: 20, run: usergroupsUsersList },
  'users.info': { scopes: ['users:read'], perMinute: 100, run: usersInfo },
  'users.list': { scopes: ['users:read'], perMinute: 20, run: usersList },
};
