import { describe, expect, it } from 'vitest';
import { parseCommandLine, USAGE } from '../../../src/slack/command-line.ts';

function understood(text: string): unknown {
  const parsed = parseCommandLine(text);
  if (!parsed.ok) throw new Error(`Not understood: ${parsed.message}`);
  return parsed.command;
}

function complaint(text: string): string {
  const parsed = parseCommandLine(text);
  if (parsed.ok) throw new Error(`Understood as ${JSON.stringify(parsed.command)}`);
  return parsed.message;
}

describe('a command that is right', () => {
  const pair = { source: 'crs-aaaa1111', target: 'crs-bbbb2222' };

  it.each([
    ['', { name: 'help' }],
    ['help', { name: 'help' }],
    ['  LIST  ', { name: 'list' }],
    ['plan crs-aaaa1111 crs-bbbb2222', { name: 'plan', ...pair, switch: 'address' }],
    ['start CRS-AAAA1111   crs-bbbb2222', { name: 'start', ...pair, switch: 'address' }],
    ['start crs-aaaa1111 crs-bbbb2222 --switch code', { name: 'start', ...pair, switch: 'code' }],
    ['start --switch=code crs-aaaa1111 crs-bbbb2222', { name: 'start', ...pair, switch: 'code' }],
    ['start crs-aaaa1111 crs-bbbb2222 —switch address', { name: 'start', ...pair, switch: 'address' }],
    ['start crs-aaaa1111 crs-bbbb2222 –Switch CODE', { name: 'start', ...pair, switch: 'code' }],
    ['start “crs-aaaa1111” `crs-bbbb2222`', { name: 'start', ...pair, switch: 'address' }],
    ['<@U0REDISBOT1> start crs-aaaa1111 crs-bbbb2222', { name: 'start', ...pair, switch: 'address' }],
    ['status', { name: 'status', upgradeId: undefined }],
    ['status UP-1A2B3C4D', { name: 'status', upgradeId: 'up-1a2b3c4d' }],
    ['pause up-1a2b3c4d', { name: 'pause', upgradeId: 'up-1a2b3c4d' }],
    ['resume up-1a2b3c4d', { name: 'resume', upgradeId: 'up-1a2b3c4d' }],
    ['finish up-1a2b3c4d', { name: 'finish', upgradeId: 'up-1a2b3c4d' }],
    ['rollback up-1a2b3c4d', { name: 'rollback', upgradeId: 'up-1a2b3c4d', mode: undefined }],
    ['rollback up-1a2b3c4d --lossless', { name: 'rollback', upgradeId: 'up-1a2b3c4d', mode: 'lossless' }],
    ['rollback —FAST up-1a2b3c4d', { name: 'rollback', upgradeId: 'up-1a2b3c4d', mode: 'fast' }],
    ['abort up-1a2b3c4d', { name: 'abort', upgradeId: 'up-1a2b3c4d', reason: undefined }],
    [
      "abort up-1a2b3c4d we don't &lt;dare&gt; today",
      { name: 'abort', upgradeId: 'up-1a2b3c4d', reason: "we don't <dare> today" },
    ],
  ])('%j is understood', (text, command) => {
    expect(understood(text)).toEqual(command);
  });
});

describe('a command that is wrong is answered with the right form', () => {
  it.each([
    ['strat crs-aaaa1111 crs-bbbb2222', 'Did you mean "/redis-upgrade start SOURCE TARGET'],
    ['stat', 'Did you mean "/redis-upgrade'],
    ['lsit', 'Did you mean "/redis-upgrade list"?'],
    ['cancel up-1a2b3c4d', 'Did you mean "/redis-upgrade abort UPGRADE'],
    ['frobnicate', '"/redis-upgrade help" lists everything'],
    ['list everything', 'I do not know what to do with "everything". The form is: /redis-upgrade list'],
    ['rollback up-1a2b3c4d --fast --lossless', '"--fast" or "--lossless", not both.'],
    ['rollback up-1a2b3c4d --quick', 'There is no option "--quick". The form is: /redis-upgrade rollback'],
    ['rollback --fast', '"rollback" needs the id of an upgrade.'],
    ['start', '"start" needs a source and a target. The form is: /redis-upgrade start SOURCE TARGET'],
    ['start crs-aaaa1111', '"start" needs a target.'],
    ['plan orders crs-bbbb2222', '"orders" is not the id of an instance; one looks like crs-'],
    ['plan <@U123|rita> crs-bbbb2222', 'A mention is not the id of an instance'],
    ['start crs-aaaa1111 crs-bbbb2222 crs-cccc3333', 'I do not know what to do with "crs-cccc3333"'],
    ['start crs-aaaa1111 crs-bbbb2222 --switch', '"--switch" is followed by "address" or by "code"'],
    ['start crs-aaaa1111 crs-bbbb2222 --switch both', '"--switch" is followed by "address" or by "code"'],
    ['start crs-aaaa1111 crs-bbbb2222 --force', 'There is no option "--force"'],
    ['abort', '"abort" needs the id of an upgrade.'],
    ['status 17', '"17" is not the id of an upgrade; one looks like up-1a2b3c4d.'],
    ['pause up-1a2b3c4d now', 'I do not know what to do with "now".'],
    [`abort up-1a2b3c4d ${'x'.repeat(501)}`, 'A reason has at most 500 characters; yours has 501.'],
    ['x'.repeat(3_000), 'longer than 2000 characters'],
  ])('%.40j', (text, answer) => {
    expect(complaint(text)).toContain(answer);
  });

  it('never repeats more than a line of what was typed', () => {
    expect(complaint('z'.repeat(1_900)).length).toBeLessThan(200);
  });

  it('suggests nothing far-fetched', () => {
    expect(complaint('xy')).not.toContain('Did you mean');
    expect(complaint('constructor')).not.toContain('Did you mean');
  });

  it('has a form for every subcommand', () => {
    for (const [name, form] of Object.entries(USAGE)) expect(form.startsWith(name)).toBe(true);
  });
});
