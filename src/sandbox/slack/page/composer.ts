// The box people type in, with suggestions for commands, people and channels.
import { h, show } from './dom.ts';
import { icon } from './icons.ts';
import { act } from './server.ts';
import { screen } from './store.ts';
import { type Suggestion, suggest } from './suggestions.ts';

export interface ComposerPlace {
  channel: string;
  threadTs?: string;
  placeholder: string;
}

export class Composer {
  readonly #input: HTMLTextAreaElement;
  readonly #list: HTMLElement;
  readonly #send: HTMLElement;
  #place: ComposerPlace = { channel: '', placeholder: '' };
  #suggestions: Suggestion[] = [];
  #chosen = 0;
  #history: string[] = [];

  constructor(slot: HTMLElement, id: string) {
    this.#input = h('textarea', {
      id: `${id}-input`,
      rows: 1,
      role: 'combobox',
      'aria-autocomplete': 'list',
      'aria-controls': `${id}-suggestions`,
      'aria-expanded': 'false',
      spellcheck: 'false',
    }) as HTMLTextAreaElement;
    this.#list = h('div', {
      id: `${id}-suggestions`,
      class: 'suggestions',
      role: 'listbox',
      'aria-label': 'Suggestions',
      hidden: true,
    });
    this.#send = h('button', { type: 'button', class: 'send', 'aria-label': 'Send' }, icon('send'));
    slot.append(h('div', { class: 'composer' }, this.#list, this.#input, this.#send));
    this.#input.addEventListener('input', () => this.#refresh());
    this.#input.addEventListener('blur', () => this.#hide());
    this.#input.addEventListener('keydown', (event) => this.#key(event));
    this.#send.addEventListener('click', () => void this.#submit());
    this.#list.addEventListener('mousedown', (event) => this.#pick(event));
  }

  /** Says where what is typed will go. */
  at(place: ComposerPlace): void {
    this.#place = place;
    this.#input.placeholder = place.placeholder;
    this.#input.setAttribute('aria-label', place.placeholder);
  }

  focus(): void {
    this.#input.focus();
  }

  #refresh(): void {
    const { commands, people, channels } = screen.snapshot;
    const names = {
      people: Object.values(people).filter((person) => !person.isApp),
      channels: channels.filter((channel) => !channel.isIm).map((channel) => channel.name),
    };
    const before = this.#input.value.slice(0, this.#input.selectionStart);
    this.#suggestions = suggest(before, commands, names);
    this.#chosen = 0;
    this.#input.style.height = 'auto';
    this.#input.style.height = `${this.#input.scrollHeight}px`;
    this.#drawList();
  }

  #drawList(): void {
    const isOpen = this.#suggestions.length > 0;
    this.#list.hidden = !isOpen;
    this.#input.setAttribute('aria-expanded', String(isOpen));
    const idOf = (index: number): string => `${this.#list.id}-${index}`;
    if (isOpen) this.#input.setAttribute('aria-activedescendant', idOf(this.#chosen));
    else this.#input.removeAttribute('aria-activedescendant');
    show(
      this.#list,
      ...this.#suggestions.map(({ title, hint, description }, index) =>
        h(
          'div',
          {
            id: idOf(index),
            class: 'suggestion',
            role: 'option',
            'aria-selected': String(index === this.#chosen),
            'data-index': index,
          },
          h('strong', {}, title),
          h('span', { class: 'hint' }, hint),
          description === '' ? null : h('small', {}, description),
        ),
      ),
      isOpen
        ? h(
            'div',
            { class: 'suggestion-keys' },
            h('kbd', {}, '↑'),
            h('kbd', {}, '↓'),
            ' choose ',
            h('kbd', {}, 'Tab'),
            ' complete ',
            h('kbd', {}, '⏎'),
            ' send',
          )
        : null,
    );
  }

  #hide(): void {
    this.#suggestions = [];
    this.#drawList();
  }

  #key(event: KeyboardEvent): void {
    const isOpen = this.#suggestions.length > 0;
    if (isOpen && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      this.#chosen = (this.#chosen + step + this.#suggestions.length) % this.#suggestions.length;
      this.#drawList();
      event.preventDefault();
    } else if (isOpen && event.key === 'Escape') {
      this.#hide();
      event.stopPropagation();
    } else if (isOpen && event.key === 'Tab') {
      this.#complete(this.#chosen);
      event.preventDefault();
    } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#enter();
    } else if (event.key === 'ArrowUp' && this.#input.value === '') {
      this.#input.value = this.#history.at(-1) ?? '';
    }
  }

  /** Enter takes a suggestion that adds something, else sends. */
  #enter(): void {
    const suggestion = this.#suggestions[this.#chosen];
    const adds = suggestion !== undefined && suggestion.completes.trim() !== this.#input.value.trim();
    if (adds) this.#complete(this.#chosen);
    else void this.#submit();
  }

  #pick(event: MouseEvent): void {
    event.preventDefault();
    const option = (event.target as Element).closest<HTMLElement>('[data-index]');
    if (option) this.#complete(Number(option.dataset['index']));
  }

  #complete(index: number): void {
    const suggestion = this.#suggestions[index];
    if (!suggestion) return;
    const after = this.#input.value.slice(this.#input.selectionStart);
    this.#input.value = suggestion.completes + after;
    this.#input.selectionStart = this.#input.selectionEnd = suggestion.completes.length;
    this.#refresh();
  }

  async #submit(): Promise<void> {
    const typed = this.#input.value.trim();
    if (typed === '') return;
    const { channel, threadTs } = this.#place;
    this.#history.push(typed);
    this.#input.value = '';
    this.#refresh();
    this.#send.setAttribute('aria-busy', 'true');
    await act('say', { channel, text: typed, ...(threadTs === undefined ? {} : { threadTs }) });
    this.#send.removeAttribute('aria-busy');
  }
}
