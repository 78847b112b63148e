// The frame around the conversation: top bar with the persona switch, channel list, side panel.
import { avatar } from './avatar.ts';
import { byId, type Child, h, show } from './dom.ts';
import { icon } from './icons.ts';
import type { ChannelInfo, Person } from './protocol.ts';
import { homeTab, personas, screen } from './store.ts';

function personaButton(person: Person, index: number): HTMLElement {
  const isMe = person.id === screen.snapshot.me;
  const waiting = screen.waiting.get(person.id) ?? 0;
  return h(
    'button',
    {
      type: 'button',
      class: 'persona',
      role: 'radio',
      'aria-checked': String(isMe),
      'aria-keyshortcuts': `Alt+${index + 1}`,
      'data-do': 'persona',
      'data-user': person.id,
      'data-key': person.id,
      title: `${person.realName}, ${person.title} (Alt+${index + 1})`,
    },
    avatar(person.id, 'medium'),
    h(
      'span',
      { class: 'persona-name' },
      h('strong', {}, person.realName.split(' ')[0] ?? ''),
      h('small', {}, person.persona),
    ),
    h('kbd', {}, `Alt ${index + 1}`),
    waiting > 0
      ? h('span', { class: 'count hot', 'aria-label': `${waiting} mentions` }, String(waiting))
      : null,
  );
}

export function drawTopbar(): void {
  const { snapshot, connected, panelsOpen } = screen;
  const hasPanels = snapshot.panels.length > 0;
  show(
    byId('topbar'),
    h(
      'div',
      { class: 'brand' },
      h('span', { class: 'logo', 'aria-hidden': 'true' }, icon('bolt')),
      h('strong', {}, snapshot.team),
      h('span', { class: 'sandbox-tag' }, 'sandbox'),
    ),
    h(
      'div',
      { class: 'personas', role: 'radiogroup', 'aria-label': 'Look as' },
      ...personas().map(personaButton),
    ),
    h(
      'div',
      { class: 'topbar-end' },
      connected ? null : h('span', { class: 'offline', role: 'status' }, 'Reconnecting…'),
      hasPanels
        ? h(
            'button',
            {
              type: 'button',
              class: 'ghost',
              'data-do': 'panels',
              'aria-pressed': String(panelsOpen),
              'aria-label': 'Show the world around the workspace',
            },
            icon('chart'),
          )
        : null,
    ),
  );
}

function channelIcon(channel: ChannelInfo): HTMLElement {
  if (channel.isIm) return icon('bolt');
  return icon(channel.isPrivate ? 'lock' : 'hash');
}

function channelButton(channel: ChannelInfo): HTMLElement {
  const unread = screen.unread.get(channel.id);
  const isCurrent = channel.id === screen.channel;
  return h(
    'button',
    {
      type: 'button',
      class: unread ? 'channel unread' : 'channel',
      'aria-current': isCurrent ? 'page' : undefined,
      'data-do': 'channel',
      'data-channel': channel.id,
      'data-key': channel.id,
    },
    channelIcon(channel),
    h('span', {}, channel.name),
    unread
      ? h(
          'span',
          { class: unread.mentions > 0 ? 'count hot' : 'count' },
          String(unread.mentions || unread.count),
        )
      : null,
  );
}

function group(title: string, entries: Child[]): Child {
  return entries.length === 0 ? null : [h('h2', {}, title), h('div', { class: 'channels' }, ...entries)];
}

export function drawSidebar(): void {
  const { channels, people, appUser, shortcuts } = screen.snapshot;
  const app = people[appUser]?.realName ?? 'App';
  const home = h(
    'button',
    {
      type: 'button',
      class: 'channel',
      'data-do': 'home',
      'data-key': 'home',
      'aria-current': screen.channel === homeTab ? 'page' : undefined,
    },
    icon('home'),
    h('span', {}, `${app} home`),
  );
  show(
    byId('sidebar'),
    group('Channels', channels.filter((channel) => !channel.isIm).map(channelButton)),
    group('Apps', [home, ...channels.filter((channel) => channel.isIm).map(channelButton)]),
    group(
      'Shortcuts',
      shortcuts.map(({ callbackId, name }) =>
        h(
          'button',
          { type: 'button', class: 'channel', 'data-do': 'shortcut', 'data-callback': callbackId },
          icon('bolt'),
          h('span', {}, name),
        ),
      ),
    ),
    h(
      'div',
      { class: 'keys' },
      h('span', {}, h('kbd', {}, '/'), ' write'),
      h('span', {}, h('kbd', {}, 'Alt'), ' ', h('kbd', {}, '1–4'), ' switch person'),
      h('span', {}, h('kbd', {}, 'Alt'), ' ', h('kbd', {}, '↑↓'), ' channels'),
      h('span', {}, h('kbd', {}, 'Esc'), ' close thread'),
    ),
  );
}

export function drawPanels(): void {
  const { panels } = screen.snapshot;
  const holder = byId('panels');
  holder.hidden = panels.length === 0 || !screen.panelsOpen;
  show(
    holder,
    ...panels.map((section) =>
      h(
        'details',
        { class: 'panel', open: true, 'data-key': section.title },
        h('summary', {}, section.title),
        h(
          'dl',
          {},
          ...section.rows.map(([label, value, tone]) =>
            h(
              'div',
              { class: `figure ${tone ?? ''}`.trim(), 'data-key': label },
              h('dt', {}, label),
              h('dd', {}, value),
            ),
          ),
        ),
      ),
    ),
  );
}
