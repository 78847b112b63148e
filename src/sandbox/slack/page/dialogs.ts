// Modals of the app and confirmation questions, both on the browser's own dialog, which keeps the focus inside.
import { drawBlock, textObject } from './blocks.ts';
import { type Child, h, show } from './dom.ts';
import { icon } from './icons.ts';
import { object, text, words } from './json.ts';
import type { Json, PageView } from './protocol.ts';
import { act } from './server.ts';
import { screen } from './store.ts';

/** Asks a button's confirmation question; true when the person goes on. */
export function confirmed(question: Json): Promise<boolean> {
  const style = text(question['style']) === 'danger' ? 'danger' : 'primary';
  const dialog = h(
    'dialog',
    { class: 'modal confirm', 'aria-labelledby': 'confirm-title' },
    h('h2', { id: 'confirm-title' }, words(question['title']) || 'Are you sure?'),
    h('div', { class: 'modal-body' }, textObject(question['text'])),
    h(
      'form',
      { class: 'modal-foot', method: 'dialog' },
      h('button', { class: 'button plain', value: 'no' }, words(question['deny']) || 'Cancel'),
      h(
        'button',
        { class: `button ${style}`, value: 'yes', autofocus: true },
        words(question['confirm']) || 'Yes',
      ),
    ),
  ) as HTMLDialogElement;
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}

function fieldsOf(
  form: HTMLElement,
): Map<string, (HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement)[]> {
  const fields = new Map<string, (HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement)[]>();
  for (const field of form.querySelectorAll<HTMLInputElement>('[data-field]')) {
    const id = field.dataset['field'] ?? '';
    fields.set(id, [...(fields.get(id) ?? []), field]);
  }
  return fields;
}

type Entered = string | string[] | null;

function enteredIn(fields: (HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement)[]): Entered {
  const [first] = fields;
  if (first instanceof HTMLSelectElement && first.multiple)
    return [...first.selectedOptions].map(({ value }) => value);
  if (first instanceof HTMLInputElement && first.type === 'checkbox') {
    return fields.filter((field) => (field as HTMLInputElement).checked).map(({ value }) => value);
  }
  if (first instanceof HTMLInputElement && first.type === 'radio') {
    return fields.find((field) => (field as HTMLInputElement).checked)?.value ?? null;
  }
  if (first instanceof HTMLInputElement && first.type === 'datetime-local') {
    return first.value === '' ? null : String(Math.floor(new Date(first.value).getTime() / 1_000));
  }
  return first?.value ? first.value : null;
}

function blockWithError(block: Json, view: PageView): Child {
  const id = text(block['block_id']);
  const error = view.errors[id];
  return h(
    'div',
    { class: error === undefined ? 'modal-block' : 'modal-block invalid', 'data-key': `${view.id}:${id}` },
    drawBlock(block),
    error === undefined ? null : h('div', { class: 'input-error', role: 'alert' }, icon('warning'), error),
  );
}

/** The app's modal on top of the stack. */
export class Modal {
  #dialog: HTMLDialogElement | undefined;
  #viewId = '';

  draw(): void {
    const view = screen.snapshot.views.at(-1);
    if (!view) {
      this.#remove();
      return;
    }
    const dialog = this.#dialog ?? this.#create();
    dialog.dataset['view'] = view.id;
    show(
      dialog,
      h(
        'div',
        { class: 'modal-head' },
        h('h2', { id: 'modal-title' }, view.title),
        h(
          'button',
          { type: 'button', class: 'ghost', 'data-do': 'close-view', 'aria-label': 'Close' },
          icon('close'),
        ),
      ),
      h(
        'div',
        { class: 'modal-body', 'data-key': view.id },
        ...view.blocks.map((block) => blockWithError(block, view)),
      ),
      h(
        'div',
        { class: 'modal-foot' },
        h('button', { type: 'button', class: 'button plain', 'data-do': 'close-view' }, view.close),
        view.submit === undefined
          ? null
          : h('button', { type: 'button', class: 'button primary', 'data-do': 'submit-view' }, view.submit),
      ),
    );
    if (view.id !== this.#viewId) dialog.querySelector<HTMLElement>('[data-field]')?.focus();
    this.#viewId = view.id;
  }

  /** Sends what was entered. Errors come back as a change of the view. */
  async submit(button: Element): Promise<void> {
    const dialog = this.#dialog;
    if (!dialog) return;
    const values = Object.fromEntries([...fieldsOf(dialog)].map(([id, fields]) => [id, enteredIn(fields)]));
    button.setAttribute('aria-busy', 'true');
    await act('submit', { viewId: this.#viewId, values });
    button.removeAttribute('aria-busy');
    dialog.querySelector<HTMLElement>('.invalid [data-field]')?.focus();
  }

  async close(): Promise<void> {
    await act('close', { viewId: this.#viewId });
  }

  #create(): HTMLDialogElement {
    const dialog = h('dialog', { class: 'modal', 'aria-labelledby': 'modal-title' }) as HTMLDialogElement;
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      void this.close();
    });
    dialog.addEventListener('keydown', (event) => {
      const isSingleLine = event.target instanceof HTMLInputElement;
      const submit = dialog.querySelector('[data-do="submit-view"]');
      if (event.key === 'Enter' && submit && (isSingleLine || event.ctrlKey || event.metaKey))
        void this.submit(submit);
    });
    document.body.append(dialog);
    dialog.showModal();
    this.#dialog = dialog;
    return dialog;
  }

  #remove(): void {
    this.#dialog?.close();
    this.#dialog?.remove();
    this.#dialog = undefined;
    this.#viewId = '';
  }
}

/** The question a button asks first, if any. */
export function questionOf(element: HTMLElement): Json | undefined {
  const source = element.dataset['confirm'];
  return source === undefined ? undefined : object(JSON.parse(source));
}
