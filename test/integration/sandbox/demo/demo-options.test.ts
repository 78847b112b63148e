import { expect, test } from 'vitest';
import { demo } from '../../../../src/sandbox/demo/demo.ts';
import type { Terminal } from '../../../../src/sandbox/demo/live-view.ts';
import { sandbox } from '../../../../src/sandbox/demo/sandbox.ts';

function sink(): Terminal & { text(): string } {
  let text = '';
  return {
    text: () => text,
    write: (more) => {
      text += more;
    },
  };
}

test.each([
  ['demo', demo, ['--fast'], 'usage: npm run demo'],
  ['demo', demo, ['--from', '4.0', '--to', 'standard'], 'use --to cluster'],
  ['sandbox', sandbox, ['--json'], 'usage: npm run sandbox'],
] as const)(
  '%s refuses wrong options with the right form and exit code 2, before anything is started',
  async (...[, command, args, says]) => {
    const [stdout, stderr] = [sink(), sink()];
    const code = await command(args, { stdout, stderr, env: {}, onInterrupt: () => undefined });
    expect(code).toBe(2);
    expect(stdout.text()).toBe('');
    expect(stderr.text()).toContain(says);
  },
);
