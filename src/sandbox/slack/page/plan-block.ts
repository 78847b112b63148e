// The plan and its task cards: the progress of an upgrade at a glance.
import { h } from './dom.ts';
import { icon } from './icons.ts';
import { link, plainText } from './inline.ts';
import { objects, text } from './json.ts';
import type { Json } from './protocol.ts';
import { richText } from './rich-text.ts';

const spoken: Readonly<Record<string, string>> = {
  pending: 'waiting',
  in_progress: 'in progress',
  complete: 'done',
  error: 'failed',
};

function statusMark(status: string): HTMLElement {
  const drawing =
    status === 'complete' ? icon('check') : status === 'error' ? icon('cross') : h('span', { class: 'dot' });
  return h(
    'span',
    { class: `mark ${status}` },
    drawing,
    h('span', { class: 'for-readers' }, spoken[status] ?? status),
  );
}

/** One task with its state, details and output. */
export function taskCard(task: Json): HTMLElement {
  const status = text(task['status']) || 'pending';
  const sources = objects(task['sources']).map((source) => link(text(source['url']), text(source['text'])));
  return h(
    'li',
    { class: `task ${status}`, 'data-key': text(task['task_id']) },
    statusMark(status),
    h(
      'div',
      { class: 'task-body' },
      h('div', { class: 'task-title' }, plainText(text(task['title']))),
      task['details'] ? h('div', { class: 'task-details' }, ...richText(task['details'])) : null,
      task['output'] ? h('div', { class: 'task-output' }, ...richText(task['output'])) : null,
      sources.length > 0 ? h('div', { class: 'task-sources' }, ...sources) : null,
    ),
  );
}

function progressBar(done: number, total: number, hasFailed: boolean): HTMLElement {
  const bar = h('div', { class: hasFailed ? 'bar failed' : 'bar' });
  bar.dataset['width'] = String(total === 0 ? 0 : Math.round((done / total) * 20));
  return h(
    'div',
    {
      class: 'progress',
      role: 'progressbar',
      'aria-valuemin': 0,
      'aria-valuemax': total,
      'aria-valuenow': done,
    },
    bar,
  );
}

/** A plan: its title, how much of it is done, and every task. */
export function planBlock(block: Json): HTMLElement {
  const tasks = objects(block['tasks']);
  const count = (status: string): number => tasks.filter((task) => task['status'] === status).length;
  const done = count('complete');
  return h(
    'details',
    { class: 'plan', open: true },
    h(
      'summary',
      {},
      h('span', { class: 'plan-title' }, plainText(text(block['title']))),
      h('span', { class: 'plan-count' }, `${done} of ${tasks.length}`),
      progressBar(done, tasks.length, count('error') > 0),
    ),
    h('ol', { class: 'tasks' }, ...tasks.map(taskCard)),
  );
}
