import { describe, expect, it } from 'vitest';
import { formatDate } from '../../../../src/sandbox/slack/page/dates.ts';
import { parseInline, parseMrkdwn } from '../../../../src/sandbox/slack/page/mrkdwn.ts';
import { suggest } from '../../../../src/sandbox/slack/page/suggestions.ts';

const text = (value: string) => ({ kind: 'text', text: value });

describe('Slack markup', () => {
  it('reads bold, italic, strike and code where they cling to words', () => {
    expect(parseInline('a *b* _c_ ~d~ `e*f*`')).toEqual([
      text('a '),
      { kind: 'bold', children: [text('b')] },
      text(' '),
      { kind: 'italic', children: [text('c')] },
      text(' '),
      { kind: 'strike', children: [text('d')] },
      text(' '),
      { kind: 'code', text: 'e*f*' },
    ]);
    expect(parseInline('*bold with _italic_ in it*')).toEqual([
      {
        kind: 'bold',
        children: [text('bold with '), { kind: 'italic', children: [text('italic')] }, text(' in it')],
      },
    ]);
  });

  it('leaves arithmetic, snake_case and lone marks alone', () => {
    for (const line of ['2 * 3 * 4', 'snake_case_name', 'a * b', '10:30:45', '~ 3 ~']) {
      expect(parseInline(line)).toEqual([text(line)]);
    }
  });

  it('reads mentions, channels, groups, links and dates', () => {
    expect(parseInline('<@U1> <#C1|ops> <!subteam^S1|@team> <!here> <https://a.b/?x=1&amp;y|site>')).toEqual([
      { kind: 'user', id: 'U1' },
      text(' '),
      { kind: 'channel', id: 'C1', label: 'ops' },
      text(' '),
      { kind: 'group', id: 'S1', label: '@team' },
      text(' '),
      { kind: 'broadcast', range: 'here' },
      text(' '),
      { kind: 'link', url: 'https://a.b/?x=1&y', text: 'site' },
    ]);
    expect(parseInline('<!date^60^{time}|soon>')).toEqual([
      { kind: 'date', seconds: 60, format: '{time}', fallback: 'soon' },
    ]);
  });

  it('never makes a link of anything but web and mail addresses', () => {
    expect(parseInline('<javascript:alert(1)|click>')).toEqual([text('<javascript:alert(1)|click>')]);
  });

  it('shows escaped characters as they were typed and not as markup', () => {
    expect(parseInline('&lt;@U1&gt; &amp;amp;')).toEqual([text('<@U1> &amp;')]);
  });

  it('separates quotes and preformatted passages', () => {
    expect(parseMrkdwn('one\n&gt; two\n```a *b*\n&lt;c```\nthree')).toEqual([
      { kind: 'line', children: [text('one')] },
      { kind: 'quote', lines: [[text('two')]] },
      { kind: 'pre', text: 'a *b*\n<c' },
      { kind: 'line', children: [text('three')] },
    ]);
    expect(parseMrkdwn('an open ``` fence')).toEqual([
      { kind: 'line', children: [text('an open ``` fence')] },
    ]);
  });
});

describe('dates', () => {
  const now = new Date('2026-11-22T12:00:00');
  const seconds = now.getTime() / 1_000;
  it('are relative when near, and their fallback when they are none', () => {
    expect(formatDate({ seconds, format: '{date_pretty} at {time}', fallback: '' }, now)).toBe(
      'today at 12:00',
    );
    expect(formatDate({ seconds: seconds - 86_400, format: '{date_short_pretty}', fallback: '' }, now)).toBe(
      'yesterday',
    );
    expect(formatDate({ seconds: seconds + 120, format: '{ago}', fallback: '' }, now)).toBe('in 2 minutes');
    expect(formatDate({ seconds: Number.NaN, format: '{time}', fallback: 'later' }, now)).toBe('later');
  });
});

describe('suggestions', () => {
  const commands = [
    {
      command: '/redis-upgrade',
      description: 'Upgrade',
      usageHint: 'help | start SOURCE TARGET | status [UPGRADE]',
    },
  ];
  const names = { people: [{ name: 'anna', realName: 'Anna Lindqvist' }], channels: ['redis-ops'] };
  const titles = (typed: string) => suggest(typed, commands, names).map(({ title }) => title);

  it('offer commands, then their forms', () => {
    expect(titles('/re')).toEqual(['/redis-upgrade']);
    expect(titles('/redis-upgrade st')).toEqual(['/redis-upgrade start', '/redis-upgrade status']);
    expect(suggest('/redis-upgrade sta', commands, names)[0]).toMatchObject({
      completes: '/redis-upgrade start ',
      hint: 'SOURCE TARGET',
    });
    expect(titles('/redis-upgrade start crs-a')).toEqual(['/redis-upgrade start']);
    expect(titles('/other')).toEqual([]);
  });

  it('offer people and channels at the end of what is typed', () => {
    expect(suggest('ask @an', commands, names)[0]?.completes).toBe('ask @anna ');
    expect(titles('see #red')).toEqual(['#redis-ops']);
    expect(titles('plain words')).toEqual([]);
  });
});
