import { h } from './dom.ts';

const paths = {
  hash: 'M9.5 3.5 7.5 20.5M16.5 3.5l-2 17M4.5 8.5h16M3.5 15.5h16',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  message: 'M4 5h16v11H9l-5 4z',
  close: 'm6 6 12 12M18 6 6 18',
  send: 'M4 12 20 4l-5 16-3-7z',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  cross: 'm7 7 10 10M17 7 7 17',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 9.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5Z',
  home: 'M4 11.5 12 4l8 7.5V20h-5.5v-5h-5v5H4z',
  chart: 'M4 20V10M10 20V4M16 20v-8M21 20H3',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  info: 'M12 11v6M12 7.5v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  warning: 'M12 4 2.5 20h19zM12 10v4.5M12 17.2v.01',
  bolt: 'M13 3 5 14h6l-1 7 8-11h-6z',
} as const;

export type IconName = keyof typeof paths;

/** A line icon in the colour of the text around it. Always decoration: the words stand beside it. */
export function icon(name: IconName, className = ''): HTMLElement {
  return h(
    'svg',
    { class: `icon ${className}`.trim(), viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' },
    h('path', { d: paths[name] }),
  );
}
