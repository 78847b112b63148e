// The workspace as one person's screen shows it.
import { objectOf, stringOf } from '../json.ts';
import type { SlackMessage } from '../message.ts';
import type {
  ChannelInfo,
  PageMessage,
  PageView,
  PanelSection,
  Person,
  Snapshot,
  Update,
} from '../page/protocol.ts';
import type { UserSeed } from '../seed.ts';
import type { StoredView } from '../views.ts';
import type { World } from '../web-api/call.ts';
import { type Channel, slackbot, type WorkspaceChange } from '../workspace.ts';

function person(user: UserSeed): Person {
  return {
    id: user.id,
    name: user.name,
    realName: user.realName,
    title: user.title ?? '',
    isApp: user.isBot === true || user.id === slackbot,
    isGuest: user.isGuest === true,
    ...(user.persona === undefined ? {} : { persona: user.persona }),
  };
}

function channelInfo(channel: Channel, world: World): ChannelInfo {
  const app = world.workspace.users.get(world.workspace.seed.app.botUserId);
  return {
    id: channel.id,
    name: channel.im === undefined ? channel.name : (app?.realName ?? 'App'),
    topic: channel.topic,
    isPrivate: channel.isPrivate,
    isIm: channel.im !== undefined,
    memberCount: channel.members.size,
  };
}

function pageMessage(message: SlackMessage): PageMessage {
  const { metadata: _metadata, attachments: _attachments, ...shown } = message;
  return shown;
}

function plain(value: unknown): string | undefined {
  return stringOf(objectOf(value)['text']);
}

function pageView(view: StoredView, depth: number): PageView {
  const { content } = view;
  const submit = plain(content['submit']);
  return {
    id: view.id,
    hash: view.hash,
    title: plain(content['title']) ?? '',
    close: plain(content['close']) ?? 'Cancel',
    blocks: content.blocks,
    errors: view.errors,
    depth,
    ...(submit === undefined ? {} : { submit }),
  };
}

function viewsOf(world: World, user: string): Pick<Snapshot, 'views' | 'home'> {
  const stack = world.views.stack(user);
  return {
    views: stack.map((view, index) => pageView(view, index + 1)),
    home: world.views.home(user)?.content.blocks ?? null,
  };
}

function mayRead(world: World, user: string, message: SlackMessage): boolean {
  if (message.ephemeral_to !== undefined) return message.ephemeral_to === user;
  return world.workspace.canSee(user, message.channel);
}

/** Everything one person's page needs to start. */
export function snapshotFor(world: World, user: string, panels: PanelSection[]): Snapshot {
  const { workspace } = world;
  const { seed } = workspace;
  return {
    team: seed.team.name,
    appUser: seed.app.botUserId,
    me: user,
    people: Object.fromEntries([...workspace.users.values()].map((entry) => [entry.id, person(entry)])),
    groups: Object.fromEntries(
      [...workspace.usergroups.values()].map(({ id, handle, users }) => [id, { handle, users }]),
    ),
    channels: [...workspace.channels.values()]
      .filter((channel) => workspace.canSee(user, channel.id))
      .map((channel) => channelInfo(channel, world)),
    messages: workspace
      .all()
      .filter((message) => mayRead(world, user, message))
      .map(pageMessage),
    ...viewsOf(world, user),
    commands: seed.commands.map(({ command, description, usageHint }) => ({
      command,
      description,
      usageHint: usageHint ?? '',
    })),
    shortcuts: seed.shortcuts.map(({ callbackId, name }) => ({ callbackId, name })),
    panels,
  };
}

/** A change as this person's page is told of it; undefined when it is none of their business. */
export function updateFor(world: World, user: string, change: WorkspaceChange): Update | undefined {
  switch (change.kind) {
    case 'message':
      if (!mayRead(world, user, change.message)) return undefined;
      return { kind: 'message', message: pageMessage(change.message), isNew: change.isNew };
    case 'removed':
      if (change.ephemeralTo !== undefined && change.ephemeralTo !== user) return undefined;
      return { kind: 'removed', channel: change.channel, ts: change.ts };
    case 'channel':
      if (!world.workspace.canSee(user, change.channel.id)) return undefined;
      return { kind: 'channel', channel: channelInfo(change.channel, world) };
    case 'views':
      return change.user === user ? { kind: 'views', ...viewsOf(world, user) } : undefined;
  }
}
