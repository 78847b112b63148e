// The channel in the middle, the thread beside it, and the app's Home tab.
import { drawBlock } from './blocks.ts';
import type { Composer } from './composer.ts';
import { byId, type Child, h, show } from './dom.ts';
import { icon } from './icons.ts';
import { type MessageList, toItems } from './message-view.ts';
import type { ChannelInfo, PageMessage } from './protocol.ts';
import { currentChannel, homeTab, screen } from './store.ts';

function inMainList(message: PageMessage): boolean {
  const isReply = message.thread_ts !== undefined && message.thread_ts !== message.ts;
  return !isReply || message.subtype === 'thread_broadcast';
}

function byTs(a: PageMessage, b: PageMessage): number {
  return Number(a.ts) - Number(b.ts);
}

function head(title: Child, detail: string): Child[] {
  return [h('h1', { id: 'channel-title' }, title), h('p', {}, detail)];
}

function welcome(channel: ChannelInfo): HTMLElement {
  const command = screen.snapshot.commands[0]?.command;
  return h(
    'div',
    { class: 'welcome' },
    h(
      'span',
      { class: 'welcome-icon', 'aria-hidden': 'true' },
      icon(channel.isIm ? 'bolt' : channel.isPrivate ? 'lock' : 'hash'),
    ),
    h('h2', {}, channel.isIm ? channel.name : `Welcome to #${channel.name}`),
    h('p', {}, channel.topic || 'This is the very beginning.'),
    command === undefined
      ? null
      : h('p', {}, 'Type ', h('code', {}, `${command} help`), ' to see what the app can do.'),
  );
}

function drawHome(list: MessageList): void {
  const { home, people, appUser } = screen.snapshot;
  show(byId('channel-head'), ...head([icon('home'), people[appUser]?.realName ?? 'App'], 'Home'));
  list.show(`home:${screen.snapshot.me}`, []);
  const blocks = home ?? [];
  const content =
    blocks.length > 0
      ? blocks.map(drawBlock)
      : [h('p', { class: 'empty' }, 'The app has not published a Home tab.')];
  show(byId('message-list'), h('div', { class: 'home-tab' }, ...content));
}

export function drawConversation(list: MessageList, composer: Composer): void {
  const isHome = screen.channel === homeTab;
  byId('composer').hidden = isHome;
  if (isHome) {
    drawHome(list);
    return;
  }
  const channel = currentChannel();
  if (!channel) return;
  const sign = channel.isIm ? icon('bolt') : icon(channel.isPrivate ? 'lock' : 'hash');
  const members = channel.isIm ? '' : `${channel.memberCount} members`;
  show(
    byId('channel-head'),
    ...head([sign, channel.name], [members, channel.topic].filter(Boolean).join('  ·  ')),
  );
  const messages = screen.snapshot.messages
    .filter((message) => message.channel === channel.id && inMainList(message))
    .sort(byTs);
  list.show(`${screen.snapshot.me}:${channel.id}`, toItems(messages, true), welcome(channel));
  composer.at({
    channel: channel.id,
    placeholder: `Message ${channel.isIm ? channel.name : `#${channel.name}`}`,
  });
}

export function drawThread(list: MessageList, composer: Composer): void {
  const { threadTs, channel, snapshot } = screen;
  const messages = snapshot.messages
    .filter(
      (message) => message.channel === channel && (message.ts === threadTs || message.thread_ts === threadTs),
    )
    .sort(byTs);
  const isOpen = threadTs !== undefined && messages.length > 0;
  byId('thread').hidden = !isOpen;
  byId('layout').classList.toggle('with-thread', isOpen);
  if (!isOpen) return;
  const replies = messages.filter(
    (message) => message.ts !== threadTs && message.ephemeral_to === undefined,
  ).length;
  show(
    byId('thread-head'),
    h('h2', {}, 'Thread'),
    h('p', {}, `${replies} ${replies === 1 ? 'reply' : 'replies'}`),
    h(
      'button',
      { type: 'button', class: 'ghost end', 'data-do': 'close-thread', 'aria-label': 'Close thread' },
      icon('close'),
    ),
  );
  list.show(`${snapshot.me}:${channel}:${threadTs}`, toItems(messages, false));
  composer.at({ channel, threadTs, placeholder: 'Reply in thread' });
}
