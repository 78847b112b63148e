import { expect, it } from 'vitest';
import { COMMAND_NAMES, FORMS } from '../../../src/terminal/command-line.ts';
import { terminalUsage } from '../../../src/terminal/terminal.ts';
import { textOf } from '../house/tree.ts';

it('the page on Slack being down, the README and the usage name every command of the terminal', () => {
  // A bar in a table's cell is escaped.
  const page = textOf('docs/operations/slack-down.md').replaceAll('\\|', '|');
  const readme = textOf('README.md');
  const usage = terminalUsage('redis-upgrade');
  expect(COMMAND_NAMES.filter((name) => !page.includes(`\`${FORMS[name].form}\``))).toEqual([]);
  expect(COMMAND_NAMES.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  expect(COMMAND_NAMES.filter((name) => !usage.includes(`  ${FORMS[name].form}`))).toEqual([]);
});
