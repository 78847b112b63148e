// Wires the page: one drawing function, one listener for everything that can be pressed, and the keys.
import { drawPanels, drawSidebar, drawTopbar } from './chrome-view.ts';
import { Composer } from './composer.ts';
import { drawConversation, drawThread } from './conversation.ts';
import { confirmed, Modal, questionOf } from './dialogs.ts';
import { byId } from './dom.ts';
import { MessageList } from './message-view.ts';
import { act, lookAs } from './server.ts';
import { changed, drawWith, homeTab, openChannel, openThread, personas, screen } from './store.ts';

const composer = new Composer(byId('composer'), 'composer');
const threadComposer = new Composer(byId('thread-composer'), 'thread-composer');
const messages = new MessageList(byId('message-list'));
const replies = new MessageList(byId('thread-list'));
const modal = new Modal();

drawWith(() => {
  drawTopbar();
  drawSidebar();
  drawConversation(messages, composer);
  drawThread(replies, threadComposer);
  drawPanels();
  modal.draw();
  document.title = `${screen.snapshot.team} · Slack sandbox`;
});

/** The message or view around an element, as a click names it. */
function placeOf(element: Element): { messageTs: string } | { viewId: string } {
  const message = element.closest<HTMLElement>('[data-message]')?.dataset['message'];
  if (message !== undefined) return { messageTs: message };
  return { viewId: element.closest<HTMLElement>('[data-view]')?.dataset['view'] ?? '' };
}

async function use(element: HTMLElement, value: string | string[] | undefined): Promise<void> {
  const question = questionOf(element);
  if (question && !(await confirmed(question))) return;
  element.setAttribute('aria-busy', 'true');
  await act('click', {
    ...placeOf(element),
    blockId: element.dataset['block'],
    actionId: element.dataset['action'],
    ...(value === undefined || value === '' ? {} : { value }),
  });
  element.removeAttribute('aria-busy');
}

const presses: Readonly<Record<string, (element: HTMLElement) => void>> = {
  press: (element) => {
    if (element.getAttribute('aria-busy') !== 'true') void use(element, element.dataset['value']);
  },
  persona: (element) => lookAs(element.dataset['user'] ?? ''),
  channel: (element) => openChannel(element.dataset['channel'] ?? ''),
  home: () => {
    openChannel(homeTab);
    void act('home', {});
  },
  shortcut: (element) => void act('shortcut', { callbackId: element.dataset['callback'] }),
  thread: (element) => openThread(element.dataset['ts']),
  'close-thread': () => openThread(undefined),
  'close-view': () => void modal.close(),
  'submit-view': (element) => void modal.submit(element),
  panels: () => {
    screen.panelsOpen = !screen.panelsOpen;
    changed();
  },
};

document.addEventListener('click', (event) => {
  const element = (event.target as Element).closest<HTMLElement>('[data-do]');
  if (element) presses[element.dataset['do'] ?? '']?.(element);
});

function chosenIn(element: HTMLElement): string | string[] {
  if (element instanceof HTMLSelectElement && element.multiple) {
    return [...element.selectedOptions].map(({ value }) => value);
  }
  if (element instanceof HTMLInputElement && element.type === 'checkbox') {
    const group = document.querySelectorAll<HTMLInputElement>(
      `input[name="${CSS.escape(element.name)}"]:checked`,
    );
    return [...group].map(({ value }) => value);
  }
  return (element as HTMLInputElement).value;
}

document.addEventListener('change', (event) => {
  const element = event.target as HTMLElement;
  if (element.dataset['do'] === 'choose') void use(element, chosenIn(element));
});

function isTyping(): boolean {
  const active = document.activeElement;
  return (
    active instanceof HTMLInputElement ||
    active instanceof HTMLTextAreaElement ||
    active instanceof HTMLSelectElement
  );
}

function stepChannel(step: number): void {
  const { channels } = screen.snapshot;
  const index = channels.findIndex((channel) => channel.id === screen.channel);
  const next = channels[(index + step + channels.length) % channels.length];
  if (next) openChannel(next.id);
}

function altKey(event: KeyboardEvent): void {
  const digit = /^Digit([1-9])$/u.exec(event.code)?.[1];
  const person = personas()[Number(digit) - 1];
  if (person) lookAs(person.id);
  else if (event.key === 'ArrowUp') stepChannel(-1);
  else if (event.key === 'ArrowDown') stepChannel(1);
  else return;
  event.preventDefault();
}

document.addEventListener('keydown', (event) => {
  if (document.querySelector('dialog[open]')) return;
  if (event.altKey && !event.ctrlKey && !event.metaKey) altKey(event);
  else if (event.key === 'Escape' && screen.threadTs !== undefined) openThread(undefined);
  else if (event.key === '/' && !isTyping()) {
    event.preventDefault();
    composer.focus();
  }
});

const address = new URL(location.href).searchParams;
screen.channel = address.get('channel') ?? '';
lookAs(address.get('as') ?? '');
composer.focus();
