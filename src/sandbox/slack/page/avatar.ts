import { h } from './dom.ts';
import { icon } from './icons.ts';
import { personOf, screen } from './store.ts';

const hues = 8;

/** Colours go round in the order of the people, so that those who stand together differ. */
function hueOf(id: string): number {
  return Math.max(0, Object.keys(screen.snapshot.people).indexOf(id)) % hues;
}

/** A person's initials on their colour; an app shows a bolt. */
export function avatar(id: string, size: 'small' | 'medium' | 'large' = 'large'): HTMLElement {
  const person = personOf(id);
  const initials = person.realName
    .split(' ')
    .slice(0, 2)
    .map((part) => part.charAt(0).toUpperCase())
    .join('');
  const colour = person.isApp ? 'app' : `hue-${hueOf(id)}`;
  return h(
    'span',
    { class: `avatar ${size} ${colour}`, 'aria-hidden': 'true' },
    person.isApp ? icon('bolt') : initials,
  );
}
