import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { USAGE } from '../../../src/slack/command-line.ts';
import { STEP_NAMES } from '../../../src/upgrade/steps.ts';
import { codeFiles, filesOfTheTree, ROOT, textOf } from './tree.ts';

const documents = filesOfTheTree().filter((name) => name.endsWith('.md'));

/** GitHub's anchor of a heading: lower case, no punctuation, hyphens for spaces. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gmu)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

function brokenLinks(name: string): string[] {
  const links = [...textOf(name).matchAll(/\]\(([^)\s]+)\)/gu)].map(([, target = '']) => target);
  return links
    .filter((target) => !/^(https?|mailto):/u.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? name : join(dirname(name), path);
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && !anchorsOf(textOf(file)).includes(anchor);
    })
    .map((target) => `${name}: ${target}`);
}

function settings(): string[] {
  const schema = /environmentSchema = z\.object\(\{(.*?)^\}\);/msu.exec(textOf('src/config.ts'))?.[1] ?? '';
  return [...schema.matchAll(/^ {2}([A-Z][A-Z_]+):/gmu)].map(([, name = '']) => name);
}

describe('the documents', () => {
  it('have no link that leads nowhere', () => {
    expect(documents.length).toBeGreaterThan(10);
    expect(documents.flatMap(brokenLinks)).toEqual([]);
  });

  it('say of every step what happens when it fails', () => {
    const page = textOf('docs/operations/README.md');
    expect(STEP_NAMES.filter((step) => !page.includes(`| \`${step}\` |`))).toEqual([]);
  });

  it('say in the page on being stuck what to do about every step that can be', () => {
    const page = textOf('docs/operations/stuck.md');
    const undone = [
      'attach-target-address',
      'detach-source-address',
      'fence-source',
      'create-sync-job',
      'align-target',
    ];
    const after = ['probe', 'soak', 'tidy-up'];
    expect([...undone, ...after].filter((step) => !page.includes(`\`${step}\``))).toEqual([]);
  });

  it('name every command in the README', () => {
    const readme = textOf('README.md');
    const names = Object.keys(USAGE);
    expect(names.filter((name) => !readme.includes(`\`/redis-upgrade ${name}`))).toEqual([]);
  });

  it('give a newcomer the two commands, each alone in a block', () => {
    const readme = textOf('README.md');
    expect(readme).toContain('```sh\nnpm ci && npm run demo\n```');
    expect(readme).toContain('```sh\nnpm ci && npm test\n```');
  });

  it('link every operations page from the README of operations', () => {
    const pages = documents.filter((name) => /^docs\/operations\/(?!README)/u.test(name));
    const index = textOf('docs/operations/README.md');
    expect(pages.length).toBeGreaterThanOrEqual(8);
    expect(pages.filter((name) => !index.includes(`](${name.split('/').at(-1)})`))).toEqual([]);
  });

  it('name only npm scripts that exist', () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(textOf('package.json')));
    const named = documents.flatMap((name) => [
      ...textOf(name).matchAll(/npm run (?:--silent )?([a-z][a-z:-]*)/gu),
    ]);
    expect(named.length).toBeGreaterThan(5);
    expect(named.map(([, script = '']) => script).filter((script) => scripts[script] === undefined)).toEqual(
      [],
    );
  });
});

describe('the settings', () => {
  it('are all in the example of the environment, and nothing else is', () => {
    const example = [...textOf('.env.example').matchAll(/^([A-Z_]+)=/gmu)].map(([, name = '']) => name);
    expect(settings().length).toBeGreaterThan(20);
    expect([...example].sort()).toEqual([...settings()].sort());
  });

  it('are all in the README', () => {
    const readme = textOf('README.md');
    expect(settings().filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('the CAM policy', () => {
  it('allows exactly the calls that the bot makes', () => {
    const policy = z
      .object({ statement: z.array(z.object({ action: z.array(z.string()) })) })
      .parse(JSON.parse(textOf('docs/cam-policy.json')));
    const allowed = policy.statement.flatMap(({ action }) => action.map((name) => name.split(':')[1] ?? ''));
    const rooms = codeFiles().filter((name) => name.startsWith('src/cloud/'));
    const verbs =
      'Associate|Complete|Create|Describe|Disassociate|Get|Isolate|Manual|Modify|Resume|Start|Stop';
    const calls = rooms.flatMap((name) => [
      ...textOf(name).matchAll(new RegExp(`'((?:${verbs})[A-Za-z]+)'`, 'gu')),
    ]);
    const made = new Set(calls.map(([, name = '']) => name));
    expect(made.size).toBeGreaterThan(20);
    expect([...allowed].sort()).toEqual([...made].sort());
  });
});
