import { describe, expect, it } from 'vitest';
import { phraseText } from '../../../src/slack/blocks/phrase.ts';
import { actor, leadingActor } from '../../../src/slack/blocks/words.ts';
import type { Actor } from '../../../src/upgrade/events.ts';

describe('who did it', () => {
  it.each<[string, Actor, string]>([
    ['a person in Slack as a mention', { kind: 'person', via: 'slack', id: 'U0ANNA' }, '<@U0ANNA>'],
    [
      'a person at the terminal with the account that vouches for them',
      { kind: 'person', via: 'terminal', id: 'U0ANNA', osUser: 'deploy' },
      'U0ANNA at the terminal (operating-system user deploy)',
    ],
    [
      'a person at the terminal of an older journal without one',
      { kind: 'person', via: 'terminal', id: 'U0ANNA' },
      'U0ANNA at the terminal',
    ],
    ['the bot without its address', { kind: 'worker', id: 'host.1' }, 'the bot'],
  ])('is %s', (_, who, words) => {
    expect(phraseText([actor(who)])).toBe(words);
  });

  it('cannot be made a mention by the name of an account', () => {
    const who: Actor = { kind: 'person', via: 'terminal', id: 'U0ANNA', osUser: '<!channel>' };
    expect(phraseText([leadingActor(who)])).toContain('&lt;!channel&gt;');
  });
});
