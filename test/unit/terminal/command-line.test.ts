import { describe, expect, it } from 'vitest';
import {
  COMMAND_NAMES,
  type CommandName,
  FORMS,
  parseCommand,
  type TypedCommand,
} from '../../../src/terminal/command-line.ts';

const ID = 'up-1a2b3c4d';
const nothing = { as: 'U0ANNA', reason: '', confirm: undefined, mode: 'lossless', json: false } as const;

function parse(line: string) {
  const [name, ...words] = line.split(' ').filter(Boolean);
  const known = COMMAND_NAMES.find((one) => one === name);
  if (known === undefined) throw new Error(`no ${name}`);
  return parseCommand(known, words);
}

function problemsOf(line: string): string[] {
  const parsed = parse(line);
  return parsed.ok ? [] : parsed.problems;
}

describe('a command at the terminal', () => {
  it.each<[string, TypedCommand]>([
    ['list', { name: 'list', json: false }],
    ['status', { name: 'status', upgradeId: undefined, json: false }],
    [`status ${ID} --json`, { name: 'status', upgradeId: ID, json: true }],
    ['journal UP-1A2B3C4D', { name: 'journal', upgradeId: ID, json: false }],
    [`pause ${ID} --as U0ANNA`, { name: 'pause', upgradeId: ID, ...nothing }],
    [
      `--as=U0ANNA resume ${ID}`.replace(/^(\S+) (\S+)/u, '$2 $1'),
      { name: 'resume', upgradeId: ID, ...nothing },
    ],
    [`finish --as u0anna ${ID}`, { name: 'finish', upgradeId: ID, ...nothing }],
    [
      `abort ${ID} the disk  is full --as W0ANNA --json`,
      { name: 'abort', upgradeId: ID, ...nothing, as: 'W0ANNA', reason: 'the disk is full', json: true },
    ],
    [
      `reject --as U0ANNA ${ID} -- --not now`,
      { name: 'reject', upgradeId: ID, ...nothing, reason: '--not now' },
    ],
    [
      `approve ${ID} --as U0ANNA --confirm crs-orders28`,
      { name: 'approve', upgradeId: ID, ...nothing, confirm: 'crs-orders28' },
    ],
    [`rollback ${ID} --as U0ANNA`, { name: 'rollback', upgradeId: ID, ...nothing }],
    [`rollback ${ID} --fast --as U0ANNA`, { name: 'rollback', upgradeId: ID, ...nothing, mode: 'fast' }],
    [`rollback ${ID} --as U0ANNA --lossless`, { name: 'rollback', upgradeId: ID, ...nothing }],
    [`work --until-ended ${ID}`, { name: 'work', upgradeId: ID }],
    [`abort ${ID} --help`, { name: 'help', about: 'abort' }],
  ])('%s', (line, command) => {
    expect(parse(line)).toEqual({ ok: true, command });
  });

  it('is asked for everything that is wrong with it at once', () => {
    expect(problemsOf('approve orders --force --as bob! --confirm orders now')).toEqual([
      '"approve" has no "--force"; it knows --as, --confirm, --json.',
      '"orders" is not the id of an upgrade; one looks like up-1a2b3c4d.',
      '"approve" does not know what to do with "now".',
      '--as "BOB!" is not a Slack user id: those begin with U or W (in Slack: profile, ⋮, Copy member ID).',
      '--confirm "orders" is not the id of an instance; one looks like crs-1a2b3c4d.',
    ]);
  });

  it.each([
    ['journal', 'needs the id of an upgrade'],
    [`pause ${ID}`, 'needs --as WHO'],
    [`pause ${ID} --as`, '--as needs a value: --as WHO'],
    [`pause ${ID} --as --json`, '--as needs a value'],
    [`pause ${ID} --as=`, '--as needs a value'],
    [`pause ${ID} --as U0ANNA --as U0BERT`, '--as is given twice'],
    [`pause ${ID} --as S0GROUP`, 'is not a Slack user id'],
    [`pause ${ID} up-2a2b3c4d --as U0ANNA`, 'does not know what to do with "up-2a2b3c4d"'],
    [`pause ${ID} --as U0ANNA --confirm crs-1`, 'has no "--confirm"'],
    [`status ${ID} --as U0ANNA`, 'has no "--as"'],
    [`status ${ID} --json=yes`, '--json takes no value'],
    [`rollback ${ID} --as U0ANNA --fast --lossless`, '--fast and --lossless exclude each other'],
    [`abort ${ID} --as U0ANNA --fast`, 'has no "--fast"'],
    ['list crs-1', 'does not know what to do with "crs-1"'],
    ['work', 'needs --until-ended UPGRADE'],
    ['work --until-ended orders', '"orders" is not the id of an upgrade'],
    [`abort ${ID} ${'x'.repeat(501)} --as U0ANNA`, 'at most 500 characters; this one has 501'],
  ])('%s is refused with the cure, and with nothing else', (line, words) => {
    const problems = problemsOf(line);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(words);
  });

  it('asks for a person exactly where something is decided', () => {
    const decides = (name: CommandName) => FORMS[name].form.includes('--as WHO');
    expect(COMMAND_NAMES.filter((name) => !decides(name))).toEqual(['list', 'status', 'journal', 'work']);
    for (const name of COMMAND_NAMES.filter(decides))
      expect(problemsOf(`${name} ${ID}`)).toEqual([expect.stringContaining('needs --as WHO')]);
  });
});
