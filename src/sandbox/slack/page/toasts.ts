import { byId, h } from './dom.ts';
import { icon } from './icons.ts';

const shownMs = 6_000;
const leavingMs = 250;

/** Shows a short notice that goes away by itself. */
export function toast(text: string, tone: 'good' | 'bad' = 'good'): void {
  const element = h(
    'div',
    { class: `toast ${tone}` },
    icon(tone === 'bad' ? 'warning' : 'check'),
    h('span', {}, text),
  );
  byId('toasts').append(element);
  setTimeout(() => element.classList.add('leaving'), shownMs);
  setTimeout(() => element.remove(), shownMs + leavingMs);
}
