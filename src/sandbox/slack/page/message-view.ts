import { avatar } from './avatar.ts';
import { drawBlock } from './blocks.ts';
import { clockTime, dayLabel, fullTime } from './dates.ts';
import { type Child, h, syncElement } from './dom.ts';
import { drawEmoji } from './emoji.ts';
import { icon } from './icons.ts';
import { mrkdwn } from './inline.ts';
import type { PageMessage } from './protocol.ts';
import { mentions, personOf, screen } from './store.ts';

export interface Item {
  message: PageMessage;
  /** Same writer shortly before: no second head. */
  isCompact: boolean;
  /** A day's name above the message that begins it. */
  day: string | undefined;
  showsThread: boolean;
}

const groupSeconds = 300;

/** Messages as list items: which carry a head, which begin a day. */
export function toItems(messages: readonly PageMessage[], showsThread: boolean): Item[] {
  const now = new Date();
  return messages.map((message, index) => {
    const before = messages[index - 1];
    const day = dayLabel(message.ts, now);
    const isNewDay = before === undefined || dayLabel(before.ts, now) !== day;
    // In a thread the first reply stands apart from what it replies to.
    const isFirstReply = !showsThread && index === 1;
    const isCompact =
      !isNewDay &&
      !isFirstReply &&
      (message.blocks?.length ?? 0) < 2 &&
      before.user === message.user &&
      before.ephemeral_to === message.ephemeral_to &&
      Number(message.ts) - Number(before.ts) < groupSeconds &&
      !(showsThread && (message.reply_count ?? 0) > 0) &&
      !(showsThread && (before.reply_count ?? 0) > 0);
    return { message, isCompact, day: isNewDay ? day : undefined, showsThread };
  });
}

function head(message: PageMessage): HTMLElement {
  const person = personOf(message.user);
  return h(
    'div',
    { class: 'message-head' },
    h('span', { class: 'author' }, person.realName),
    person.isApp ? h('span', { class: 'badge' }, 'APP') : null,
    person.isGuest ? h('span', { class: 'badge' }, 'GUEST') : null,
    h('time', { class: 'time', title: fullTime(message.ts) }, clockTime(message.ts)),
    editedMark(message),
  );
}

function editedMark(message: PageMessage): Child {
  if (message.edited === undefined) return null;
  return h('span', { class: 'edited', title: fullTime(message.edited.ts) }, '(edited)');
}

function content(message: PageMessage): Child[] {
  const blocks = message.blocks ?? [];
  return blocks.length > 0 ? blocks.map(drawBlock) : [h('div', { class: 'text' }, ...mrkdwn(message.text))];
}

function files(message: PageMessage): Child {
  return (message.files ?? []).map((file) =>
    h(
      'a',
      { class: 'file', href: `/_page/files/${encodeURIComponent(file.id)}`, download: file.title },
      icon('file'),
      h('span', {}, file.title, h('small', {}, `${file.size.toLocaleString('en')} bytes`)),
    ),
  );
}

function threadBar(message: PageMessage): Child {
  const count = message.reply_count ?? 0;
  if (count === 0) return null;
  return h(
    'button',
    { type: 'button', class: 'thread-bar', 'data-do': 'thread', 'data-ts': message.ts },
    h(
      'span',
      { class: 'faces' },
      ...(message.reply_users ?? []).slice(0, 4).map((user) => avatar(user, 'small')),
    ),
    h('strong', {}, `${count} ${count === 1 ? 'reply' : 'replies'}`),
    h('span', { class: 'last-reply' }, `Last reply at ${clockTime(message.latest_reply ?? message.ts)}`),
  );
}

function reactions(message: PageMessage): Child {
  return (message.reactions ?? []).map(({ name, count }) =>
    h('span', { class: 'reaction' }, `${drawEmoji(name)} ${count}`),
  );
}

function draw({ message, isCompact, day, showsThread }: Item): HTMLElement {
  const isEphemeral = message.ephemeral_to !== undefined;
  const state = [
    'message',
    isCompact ? 'compact' : '',
    isEphemeral ? 'ephemeral' : '',
    mentions(message, screen.snapshot.me) ? 'mentions-me' : '',
  ];
  const reply = h(
    'button',
    {
      type: 'button',
      class: 'reply-button',
      'data-do': 'thread',
      'data-ts': message.ts,
      'aria-label': 'Reply in thread',
    },
    icon('message'),
  );
  return h(
    'div',
    { 'data-key': message.ts },
    day === undefined ? null : h('div', { class: 'day' }, h('span', {}, day)),
    h(
      'article',
      {
        class: state.filter(Boolean).join(' '),
        'data-message': message.ts,
        'aria-label': `${personOf(message.user).realName}, ${clockTime(message.ts)}`,
      },
      isCompact
        ? h('time', { class: 'gutter-time', title: fullTime(message.ts) }, clockTime(message.ts))
        : avatar(message.user),
      h(
        'div',
        { class: 'message-body' },
        isEphemeral ? h('div', { class: 'only-you' }, icon('eye'), 'Only visible to you') : null,
        isCompact ? null : head(message),
        content(message),
        isCompact ? editedMark(message) : null,
        files(message),
        reactions(message),
        showsThread ? threadBar(message) : null,
      ),
      showsThread && !isEphemeral ? reply : null,
    ),
  );
}

function isSame(a: Item, b: Item): boolean {
  return a.message === b.message && a.isCompact === b.isCompact && a.day === b.day;
}

/** A live list of messages: only what changed is touched, and the end stays in view when it was. */
export class MessageList {
  readonly #root: HTMLElement;
  #shown = new Map<string, { item: Item; node: HTMLElement }>();
  #scope = '';

  constructor(root: HTMLElement) {
    this.#root = root;
    // A region that scrolls must be reachable by keyboard.
    root.tabIndex = 0;
  }

  /** Shows these items; another scope (person, channel, thread) starts from nothing. */
  show(scope: string, items: readonly Item[], before: Child = null): void {
    const root = this.#root;
    const isAtEnd = root.scrollHeight - root.scrollTop - root.clientHeight < 80;
    const isNewScope = scope !== this.#scope;
    if (isNewScope) {
      root.replaceChildren();
      this.#shown = new Map();
      if (before instanceof Node) root.append(before);
    }
    this.#scope = scope;
    this.#place(items);
    if (isAtEnd || isNewScope) root.scrollTop = root.scrollHeight;
  }

  #place(items: readonly Item[]): void {
    const kept = new Map<string, { item: Item; node: HTMLElement }>();
    let previous: Element | null = null;
    for (const item of items) {
      const known = this.#shown.get(item.message.ts);
      const node: HTMLElement = known?.node ?? draw(item);
      if (known && !isSame(known.item, item)) syncElement(node, draw(item));
      const next: Element | null = previous
        ? previous.nextElementSibling
        : this.#root.querySelector(':scope > [data-key]');
      if (node !== next) this.#root.insertBefore(node, previous ? previous.nextSibling : next);
      kept.set(item.message.ts, { item, node });
      previous = node;
    }
    for (const [ts, { node }] of this.#shown) if (!kept.has(ts)) node.remove();
    this.#shown = kept;
  }
}
