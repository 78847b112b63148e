// The state of the fake workspace and the announcements of its changes. It knows no protocol.
import type { Ids } from './ids.ts';
import { isInMainList, type SlackMessage } from './message.ts';
import type { ChannelSeed, UsergroupSeed, UserSeed, WorkspaceSeed } from './seed.ts';

export interface Channel {
  id: string;
  name: string;
  topic: string;
  isPrivate: boolean;
  isArchived: boolean;
  members: Set<string>;
  /** Direct message: the person on the other side of the app. */
  im?: string;
}

export type WorkspaceChange =
  | { kind: 'message'; message: SlackMessage; isNew: boolean }
  | { kind: 'removed'; channel: string; ts: string; ephemeralTo?: string }
  | { kind: 'channel'; channel: Channel }
  | { kind: 'views'; user: string };

/** Slack's own voice; it is in every workspace. */
export const slackbot = 'USLACKBOT';
const slackbotUser: UserSeed = { id: slackbot, name: 'slackbot', realName: 'Slackbot' };

function channelFrom(seed: ChannelSeed): Channel {
  return {
    id: seed.id,
    name: seed.name,
    topic: seed.topic ?? '',
    isPrivate: seed.isPrivate ?? false,
    isArchived: seed.isArchived ?? false,
    members: new Set(seed.members),
  };
}

function byTs(a: SlackMessage, b: SlackMessage): number {
  return Number(a.ts) - Number(b.ts);
}

export class Workspace {
  readonly seed: WorkspaceSeed;
  readonly ids: Ids;
  readonly channels = new Map<string, Channel>();
  readonly users = new Map<string, UserSeed>();
  readonly usergroups = new Map<string, UsergroupSeed>();
  readonly #messages = new Map<string, SlackMessage>();
  readonly #listeners = new Set<(change: WorkspaceChange) => void>();

  constructor(seed: WorkspaceSeed, ids: Ids) {
    this.seed = seed;
    this.ids = ids;
    for (const user of [...seed.users, slackbotUser]) this.users.set(user.id, user);
    for (const group of seed.usergroups) this.usergroups.set(group.id, { ...group, users: [...group.users] });
    for (const channel of seed.channels) this.channels.set(channel.id, channelFrom(channel));
  }

  /** Calls back after every change until the returned function is called. */
  onChange(listener: (change: WorkspaceChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  announce(change: WorkspaceChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }

  userByName(name: string): UserSeed | undefined {
    return [...this.users.values()].find((user) => user.name.toLowerCase() === name.toLowerCase());
  }

  usergroupByHandle(handle: string): UsergroupSeed | undefined {
    return [...this.usergroups.values()].find((group) => group.handle.toLowerCase() === handle.toLowerCase());
  }

  channelByName(name: string): Channel | undefined {
    return [...this.channels.values()].find((channel) => !channel.im && channel.name === name.toLowerCase());
  }

  teamOf(user: string): string {
    return this.users.get(user)?.teamId ?? this.seed.team.id;
  }

  /** What a person may read: the channels they are in, and every public one unless they are a guest. */
  canSee(user: string, channelId: string): boolean {
    const channel = this.channels.get(channelId);
    if (!channel) return false;
    if (channel.members.has(user)) return true;
    return !channel.isPrivate && channel.im === undefined && this.users.get(user)?.isGuest !== true;
  }

  /** The direct message channel between the app and a person, made on first use. */
  openIm(user: string): Channel {
    const existing = [...this.channels.values()].find((channel) => channel.im === user);
    if (existing) return existing;
    const channel: Channel = {
      id: this.ids.entity('D'),
      name: 'directmessage',
      topic: '',
      isPrivate: true,
      isArchived: false,
      members: new Set([user, this.seed.app.botUserId]),
      im: user,
    };
    this.channels.set(channel.id, channel);
    this.announce({ kind: 'channel', channel });
    return channel;
  }

  /** Adds a message; a reply also changes the counters of its root. */
  add(message: SlackMessage): SlackMessage {
    this.#messages.set(this.#key(message.channel, message.ts), message);
    this.announce({ kind: 'message', message, isNew: true });
    if (message.ephemeral_to === undefined) this.#countReply(message);
    return message;
  }

  /** Puts a changed copy in the place of a message. */
  replace(message: SlackMessage): SlackMessage {
    this.#messages.set(this.#key(message.channel, message.ts), message);
    this.announce({ kind: 'message', message, isNew: false });
    return message;
  }

  remove(message: SlackMessage): void {
    this.#messages.delete(this.#key(message.channel, message.ts));
    const reader = message.ephemeral_to;
    this.announce({
      kind: 'removed',
      channel: message.channel,
      ts: message.ts,
      ...(reader === undefined ? {} : { ephemeralTo: reader }),
    });
  }

  find(channel: string, ts: string): SlackMessage | undefined {
    return this.#messages.get(this.#key(channel, ts));
  }

  /** Every message with this timestamp; timestamps are unique in this workspace. */
  findByTs(ts: string): SlackMessage | undefined {
    return [...this.#messages.values()].find((message) => message.ts === ts);
  }

  /** All messages in a channel that everyone there sees, oldest first. */
  messages(channel: string): SlackMessage[] {
    return this.all().filter((message) => message.channel === channel && message.ephemeral_to === undefined);
  }

  mainList(channel: string): SlackMessage[] {
    return this.messages(channel).filter(isInMainList);
  }

  /** A thread's root and its replies, oldest first; empty when there is no such root. */
  thread(channel: string, ts: string): SlackMessage[] {
    return this.messages(channel).filter((message) => message.ts === ts || message.thread_ts === ts);
  }

  ephemerals(user: string): SlackMessage[] {
    return this.all().filter((message) => message.ephemeral_to === user);
  }

  /** Everything, ephemeral messages included, oldest first. */
  all(): SlackMessage[] {
    return [...this.#messages.values()].sort(byTs);
  }

  #countReply(reply: SlackMessage): void {
    if (reply.thread_ts === undefined || reply.thread_ts === reply.ts) return;
    const root = this.find(reply.channel, reply.thread_ts);
    if (!root) return;
    this.replace({
      ...root,
      thread_ts: root.ts,
      reply_count: (root.reply_count ?? 0) + 1,
      reply_users: [...new Set([...(root.reply_users ?? []), reply.user])],
      latest_reply: reply.ts,
    });
  }

  #key(channel: string, ts: string): string {
    return `${channel}:${ts}`;
  }
}
