import { h } from './dom.ts';
import { icon } from './icons.ts';
import { personOf } from './store.ts';

const hues = 8;

function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9_973;
  return sum % hues;
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
