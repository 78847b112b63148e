import { expect, test } from 'vitest';
import { parseDemoOptions, parseSandboxOptions } from '../../../../src/sandbox/demo/options.ts';

test('without options the demo takes a 2.8 standard to a 4.0 standard with 20,000 keys', () => {
  expect(parseDemoOptions([])).toEqual({
    from: '2.8',
    to: 'standard',
    keys: 20_000,
    json: false,
    refuseReadOnly: false,
  });
});

test('every option is taken', () => {
  expect(parseDemoOptions(['--from', '4.0', '--to=cluster', '--keys', '500', '--json'])).toEqual({
    from: '4.0',
    to: 'cluster',
    keys: 500,
    json: true,
    refuseReadOnly: false,
  });
  expect(parseSandboxOptions(['--port', '0', '--refuse-read-only'])).toEqual({
    from: '2.8',
    to: 'standard',
    keys: 20_000,
    port: 0,
    refuseReadOnly: true,
  });
});

test.each([
  [['--colour'], "Unknown option '--colour'"],
  [['now'], "Unexpected argument 'now'"],
  [['--from', '3.2'], '--from must be 2.8 or 4.0, not 3.2'],
  [['--to', 'sentinel'], '--to must be standard or cluster, not sentinel'],
  [['--from', '4.0'], 'a 4.0 standard instance is no upgrade'],
  [['--keys', '0'], '--keys must be a whole number from 1 to 1000000, not 0'],
  [['--keys', '1e3'], '--keys must be a whole number'],
  [['--keys', '99999999999'], '--keys must be a whole number'],
  [['--keys'], "Option '--keys <value>' argument missing"],
  [['--json=yes'], "Option '--json' does not take an argument"],
  [['--port', '80'], "Unknown option '--port'"],
])('%j is refused with a reason', (args, reason) => {
  expect(parseDemoOptions(args)).toContain(reason);
});

test('a port outside the range is refused', () => {
  expect(parseSandboxOptions(['--port', '70000'])).toContain('--port must be a whole number from 0 to 65535');
  expect(parseSandboxOptions(['--json'])).toContain("Unknown option '--json'");
});
