// What this screen knows and which part of it is shown.
import type { ChannelInfo, PageMessage, Person, Snapshot, Update } from './protocol.ts';

export const homeTab = 'home';

export interface Screen {
  snapshot: Snapshot;
  connected: boolean;
  channel: string;
  threadTs: string | undefined;
  panelsOpen: boolean;
  /** Unread messages by channel; mentions of me among them. */
  unread: Map<string, { count: number; mentions: number }>;
  /** Mentions of other personas since they were last looked at. */
  waiting: Map<string, number>;
}

const nobody: Snapshot = {
  team: '',
  appUser: '',
  me: '',
  people: {},
  groups: {},
  channels: [],
  messages: [],
  views: [],
  home: null,
  commands: [],
  shortcuts: [],
  panels: [],
};

export const screen: Screen = {
  snapshot: nobody,
  connected: false,
  channel: '',
  threadTs: undefined,
  panelsOpen: true,
  unread: new Map(),
  waiting: new Map(),
};

let draw: () => void = () => {};
let isScheduled = false;

/** Names the function that draws the screen; it runs once a frame at most. */
export function drawWith(function_: () => void): void {
  draw = function_;
}

export function changed(): void {
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(() => {
    isScheduled = false;
    draw();
  });
}

export function personOf(id: string): Person {
  return (
    screen.snapshot.people[id] ?? { id, name: id, realName: id, title: '', isApp: false, isGuest: false }
  );
}

export function personas(): Person[] {
  return Object.values(screen.snapshot.people).filter((person) => person.persona !== undefined);
}

export function currentChannel(): ChannelInfo | undefined {
  return screen.snapshot.channels.find((channel) => channel.id === screen.channel);
}

/** Whether a message names this person, themselves or through a group. */
export function mentions(message: PageMessage, user: string): boolean {
  const text = JSON.stringify([message.text, message.blocks ?? []]);
  if (text.includes(`<@${user}`) || text.includes(`"user_id":"${user}"`)) return true;
  return Object.entries(screen.snapshot.groups).some(
    ([id, group]) =>
      group.users.includes(user) &&
      (text.includes(`<!subteam^${id}`) || text.includes(`"usergroup_id":"${id}"`)),
  );
}

function noteUnread(message: PageMessage): void {
  const { me } = screen.snapshot;
  if (message.user === me || message.ephemeral_to !== undefined) return;
  if (message.channel !== screen.channel) {
    const known = screen.unread.get(message.channel) ?? { count: 0, mentions: 0 };
    const hit = mentions(message, me) ? 1 : 0;
    screen.unread.set(message.channel, { count: known.count + 1, mentions: known.mentions + hit });
  }
  for (const person of personas()) {
    if (person.id !== me && person.id !== message.user && mentions(message, person.id)) {
      screen.waiting.set(person.id, (screen.waiting.get(person.id) ?? 0) + 1);
    }
  }
}

function putMessage(message: PageMessage, isNew: boolean): void {
  const { messages } = screen.snapshot;
  const index = messages.findIndex((other) => other.ts === message.ts && other.channel === message.channel);
  if (index >= 0) messages[index] = message;
  else messages.push(message);
  if (isNew) noteUnread(message);
}

function takeSnapshot(snapshot: Snapshot): void {
  screen.snapshot = snapshot;
  screen.connected = true;
  screen.waiting.delete(snapshot.me);
  const isVisible =
    screen.channel === homeTab || snapshot.channels.some((channel) => channel.id === screen.channel);
  if (isVisible) return;
  screen.channel = snapshot.channels[0]?.id ?? '';
  screen.threadTs = undefined;
}

/** Takes in what the sandbox announced. */
export function apply(update: Update): void {
  const { snapshot } = screen;
  switch (update.kind) {
    case 'snapshot':
      takeSnapshot(update.snapshot);
      break;
    case 'message':
      putMessage(update.message, update.isNew);
      break;
    case 'removed':
      snapshot.messages = snapshot.messages.filter(
        (message) => message.ts !== update.ts || message.channel !== update.channel,
      );
      break;
    case 'channel':
      snapshot.channels = [...snapshot.channels.filter(({ id }) => id !== update.channel.id), update.channel];
      break;
    case 'views':
      snapshot.views = update.views;
      snapshot.home = update.home;
      break;
    case 'panels':
      snapshot.panels = update.panels;
      break;
  }
  changed();
}

export function openChannel(id: string): void {
  screen.channel = id;
  screen.threadTs = undefined;
  screen.unread.delete(id);
  changed();
}

export function openThread(ts: string | undefined): void {
  screen.threadTs = ts;
  changed();
}
