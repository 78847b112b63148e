import { expect, it } from 'vitest';
import { DIFFERENCE_KINDS } from '../../../../src/compare/values/difference.ts';
import { EXIT_CODES } from '../../../../src/terminal/compare/judgement.ts';
import {
  COMPARE_OPTIONS,
  compareHelp,
  OPTION_NAMES,
  type OptionHelp,
} from '../../../../src/terminal/compare/options.ts';
import { HEADINGS } from '../../../../src/terminal/compare/result-text.ts';
import { textOf } from '../../house/tree.ts';

const page = textOf('docs/compare.md');

it('the page on comparing and the help name every option with its value', () => {
  const forms = OPTION_NAMES.map((name) => {
    const { value }: OptionHelp = COMPARE_OPTIONS[name];
    return value === undefined ? `--${name}` : `--${name} ${value}`;
  });
  expect(forms.filter((form) => !page.includes(`\`${form}\``))).toEqual([]);
  const help = compareHelp('redis-upgrade');
  expect(forms.filter((form) => !help.includes(`  ${form}  `))).toEqual([]);
  const named = [...page.matchAll(/`--([a-z-]+)/gu)].map(([, name = '']) => name);
  expect(named.filter((name) => !Object.hasOwn(COMPARE_OPTIONS, name))).toEqual([]);
});

it('the page on comparing names every answer with its exit code, and every kind of difference', () => {
  for (const answer of ['equal', 'different', 'undecided'] as const)
    expect(page).toContain(`| ${EXIT_CODES[answer]} | \`${HEADINGS[answer]}\` |`);
  // Found by the check within a cutover only.
  const kinds = DIFFERENCE_KINDS.filter((kind) => kind !== 'key_count');
  expect(kinds.filter((kind) => !page.includes(`\`${kind}\``))).toEqual([]);
});

it('the README leads to the page on comparing', () => {
  expect(textOf('README.md')).toContain('](docs/compare.md)');
});
