import { describe, expect, it } from 'vitest';
import { commandAgain } from '../../../../src/terminal/compare/again.ts';
import { type CompareRequest, readCompareCommand } from '../../../../src/terminal/compare/command-line.ts';

const SOURCE = 'redis://10.0.0.1:6379';
const TARGET = 'redis://10.0.0.2:6380';

function understood(...args: string[]): CompareRequest {
  const typed = readCompareCommand(args);
  if (typed.kind !== 'compare') throw new Error(JSON.stringify(typed));
  return typed.request;
}

function problems(...args: string[]): string {
  const typed = readCompareCommand(args);
  return typed.kind === 'problems' ? typed.problems.join('\n') : '';
}

describe('two addresses', () => {
  it('are read with user, password, port and IPv6', () => {
    const { addresses } = understood('redis://ann:p%40ss%2F@cache.example:7000', 'redis://:x@[::1]');
    expect(addresses).toEqual({
      source: {
        endpoint: { host: 'cache.example', port: 7000, username: 'ann', password: 'p@ss/' },
        label: 'cache.example:7000',
        passwordTyped: true,
      },
      target: {
        endpoint: { host: '::1', port: 6379, password: 'x' },
        label: '[::1]:6379',
        passwordTyped: true,
      },
    });
    expect(understood(SOURCE, `${TARGET}/`).addresses.target.endpoint).toEqual({
      host: '10.0.0.2',
      port: 6380,
    });
  });

  it.each([
    ['rediss://:hunter2@10.0.0.1:6379', 'rediss:// (TLS) is not supported'],
    ['redis://:hunter2@10.0.0.1:6379/3', 'all databases are compared'],
    ['redis://:hunt#er2@10.0.0.1:6379', 'percent-encoded'],
    ['redis://:hunter2%zz@10.0.0.1:6379', 'percent-encoded'],
    ['redis://:hunter2@10.0.0.1:99999', 'percent-encoded'],
    ['redis://:hunter2@', 'percent-encoded'],
    ['https://:hunter2@10.0.0.1', 'begins with https://'],
    [':hunter2@10.0.0.1:6379', 'is not a URL'],
  ])('are refused with the side and the cure, and without the password: %s', (url, why) => {
    for (const said of [problems(url, TARGET), problems(TARGET, url)]) {
      expect(said).toContain(why);
      expect(said).not.toContain('hunt');
    }
    expect(problems(url, TARGET)).toMatch(/^SOURCE/u);
    expect(problems(TARGET, url)).toMatch(/^TARGET/u);
  });

  it('are needed, both and no more', () => {
    expect(problems(SOURCE)).toContain('needs two servers');
    const said = problems(SOURCE, TARGET, 'hunter2');
    expect(said).toContain('1 word too many');
    expect(said).not.toContain('hunter2');
  });
});

describe('options', () => {
  it('have defaults that only read, and spare the servers', () => {
    expect(understood(SOURCE, TARGET)).toMatchObject({
      fast: false,
      keysPerSecond: undefined,
      sampleShare: undefined,
      resume: false,
      report: undefined,
      json: false,
      repair: undefined,
      maxDifferences: 1_000_000,
    });
  });

  it('are read in any order, with their units', () => {
    const words = '--rate 20k --sample=1% --rounds 4 --ttl-tolerance 500ms --round-delay 3 --rate-bytes 20MB';
    expect(understood('--json', SOURCE, ...words.split(' '), TARGET, '--resume')).toMatchObject({
      json: true,
      resume: true,
      keysPerSecond: 20_000,
      bytesPerSecond: 20_000_000,
      sampleShare: 0.01,
      rounds: 4,
      ttlToleranceMs: 500,
      roundDelayMs: 3_000,
    });
    expect(understood(SOURCE, TARGET, '--sample', '0.25').sampleShare).toBe(0.25);
  });

  it.each([
    ['--rate 0', '--rate "0" is not a whole number from 1 on'],
    ['--rate lots', '--rate "lots" is not'],
    ['--rate', '--rate needs a value: --rate KEYS'],
    ['--rate --json', '--rate needs a value'],
    ['--sample 101%', '--sample "101%" is not a share'],
    ['--sample 0', '--sample "0" is not a share'],
    ['--rounds 11', '--rounds "11" is not a number of rounds, 1 to 10'],
    ['--ttl-tolerance soon', '--ttl-tolerance "soon" is not a time'],
    ['--json=yes', '--json takes no value'],
    ['--json --json', '--json is given twice'],
    ['--fast --gentle', '--fast and --gentle exclude each other'],
    ['--repair-from both', 'not "both"'],
    ['--dry-run', '--dry-run goes with --repair-from'],
    ['--yes', '--yes goes with --repair-from'],
    ['--sample 1% --repair-from source', '--sample and --repair-from exclude each other'],
    ['--force', '"compare" has no "--force"'],
    ['-x', '"compare" has no "-x"'],
  ])('are refused with what would be right: %s', (words, why) => {
    expect(problems(SOURCE, TARGET, ...words.split(' '))).toContain(why);
  });

  it('that are wrong are all said at once', () => {
    expect(problems('--rate', 'x', '--rounds', 'y', '--force').split('\n')).toHaveLength(4);
  });

  it('ask for help wherever they stand', () => {
    expect(readCompareCommand([SOURCE, '--help']).kind).toBe('help');
  });
});

describe('the command to type next', () => {
  it('has what was asked for, without what belongs to one run, and no password', () => {
    const request = understood(
      'redis://ann:hunter2@a:1',
      'redis://b:2',
      ...['--rate', '20k', '--report', "it's here.jsonl", '--yes', '--repair-from', 'source', '--json'],
    );
    expect(commandAgain(request, 'redis-upgrade', { more: ['--resume'] })).toBe(
      "redis-upgrade compare redis://ann:PASSWORD@a:1 redis://b:2 --rate 20k --report 'it'\\''s here.jsonl' --resume",
    );
    expect(commandAgain(request, 'redis-upgrade', { without: 'report' })).not.toContain('--report');
  });
});
