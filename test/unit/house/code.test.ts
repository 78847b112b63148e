import { describe, expect, it } from 'vitest';
import { codeFiles, filesOfTheTree, textOf } from './tree.ts';

/** A file holds one idea; the largest there are, rounded up. To be lowered, never raised. */
const maxSourceLines = 450;
/** Tests that need what a machine may not have; each says so loudly. */
const mayBeSkipped = new Set([
  'test/integration/sandbox/redis-server/redis-server.test.ts',
  'test/e2e/browser/sandbox-page.test.ts',
  'test/e2e/browser/thread-file.test.ts',
]);

/** `file:line: text` of every line that matches. */
function lines(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((name) =>
    textOf(name)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${name}:${index + 1}: ${line.trim()}`] : [])),
  );
}

const code = codeFiles();
// This file names what it looks for.
const others = code.filter((name) => name !== 'test/unit/house/code.test.ts');
const texts = filesOfTheTree().filter((name) => /\.(ts|md|css|html|yml|jsonc?|cjs)$|Dockerfile$/u.test(name));

describe('the code', () => {
  it('is all there to be looked at', () => {
    expect(code.length).toBeGreaterThan(400);
  });

  it('gives a reason with every lint exception', () => {
    const ignores = lines(others, /biome-ignore/u);
    expect(ignores.filter((line) => !/biome-ignore(-all|-start|-end)? [\w/]+: \S.{9,}/u.test(line))).toEqual(
      [],
    );
    expect(lines(others, /@ts-(ignore|expect-error|nocheck)|eslint-disable/u)).toEqual([]);
  });

  it('leaves no note about what should still be done', () => {
    const files = texts.filter(
      (name) => name !== 'test/unit/house/code.test.ts' && name !== 'package-lock.json',
    );
    expect(lines(files, /\b(FIXME|TODO|XXX|HACK)\b/u)).toEqual([]);
  });

  it('skips no test, and runs none alone', () => {
    const tests = others.filter((name) => name.startsWith('test/'));
    expect(lines(tests, /\b(it|test|describe)\.(skip|only|todo|fails)\b/u)).toEqual([]);
    const guarded = tests.filter((name) => !mayBeSkipped.has(name));
    expect(lines(guarded, /\.(skipIf|runIf)\b|\bcontext\.skip\b/u)).toEqual([]);
  });

  it('never repeats a failed test in the hope of another result', () => {
    expect(lines(others, /\bretry: [1-9]/u)).toEqual([]);
    expect(textOf('vitest.config.ts')).toContain('retry: 0');
  });

  it('keeps every file of the product to one idea', () => {
    const long = code
      .filter((name) => name.startsWith('src/'))
      .map((name) => ({ name, lines: textOf(name).split('\n').length }))
      .filter((file) => file.lines > maxSourceLines);
    expect(long).toEqual([]);
  });
});
