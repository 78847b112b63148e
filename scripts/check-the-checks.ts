// Proves that each checker turns red: plants faults into a temporary copy of the tree and looks whether the checker fails
// and names the planted file. A checker that is green on a planted fault is green on a real one.
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

interface Planting {
  checker: string;
  fault: string;
  /** As package.json calls it, or the part of it that is under test. */
  command: readonly string[];
  /** Text by file; appended when the file exists. */
  files: Record<string, string>;
  /** What the checker must say. */
  expected: readonly RegExp[];
}

const plantings: readonly Planting[] = [
  {
    checker: 'typecheck',
    fault: 'a text where a number belongs, a promise where a value belongs',
    command: ['npm', 'run', '--silent', 'typecheck'],
    files: {
      'src/upgrade/planted.ts': "export const planted: number = 'text';\n",
      'test/unit/planted.test.ts': 'export const planted: number = Promise.resolve(1);\n',
    },
    expected: [/src\/upgrade\/planted\.ts/, /test\/unit\/planted\.test\.ts/],
  },
  {
    checker: 'typecheck',
    fault: 'the page uses what browsers do not have',
    command: ['npm', 'run', '--silent', 'typecheck'],
    files: { 'src/sandbox/slack/page/planted.ts': 'export const planted = Buffer.from("");\n' },
    expected: [/src\/sandbox\/slack\/page\/planted\.ts/],
  },
  {
    checker: 'lint',
    fault: 'a promise nobody waits for, an environment variable, a console, an any',
    // Without its limit on what is shown, or other findings could hide the planted ones.
    command: ['npm', 'run', '--silent', 'lint', '--', '--max-diagnostics=none'],
    files: {
      'src/steps/planted.ts':
        'async function work(): Promise<void> {\n  console.info(process.env.HOME);\n}\n\nexport function planted(value: any): any {\n  work();\n  return value;\n}\n',
    },
    expected: [
      /src\/steps\/planted\.ts.*noFloatingPromises/,
      /src\/steps\/planted\.ts.*noProcessEnv/,
      /src\/steps\/planted\.ts.*noConsole/,
      /src\/steps\/planted\.ts.*noExplicitAny/,
    ],
  },
  {
    checker: 'dependencies',
    fault: 'an arrow upwards, a package in the wrong room, the sandbox in the product, a cycle of types',
    command: ['npm', 'run', '--silent', 'check:dependencies'],
    files: {
      'src/upgrade/planted.ts': "import '../cloud/cloud.ts';\n",
      'src/service/planted.ts': "import 'bullmq';\n",
      'src/steps/planted.ts': "import '../sandbox/demo/options.ts';\n",
      'src/compare/planted-a.ts':
        "import type { B } from './planted-b.ts';\nexport interface A {\n  b: B;\n}\n",
      'src/compare/planted-b.ts':
        "import type { A } from './planted-a.ts';\nexport interface B {\n  a: A;\n}\n",
    },
    expected: [
      /room-upgrade: src\/upgrade\/planted\.ts/,
      /bullmq-only-in-engine: src\/service\/planted\.ts/,
      /sandbox-only-from-the-cli: src\/steps\/planted\.ts/,
      /no-cycle: src\/compare\/planted-/,
    ],
  },
  {
    checker: 'dependencies',
    fault: 'a checker that looks at nothing',
    command: ['npm', 'run', '--silent', 'check:dependencies'],
    files: { '.dependency-cruiser.cjs': "module.exports.options.exclude = { path: '.' };\n" },
    expected: [/src\/main\.ts was not looked at/],
  },
  {
    checker: 'knip',
    fault: 'a file nobody imports, an export nobody uses',
    command: ['npm', 'run', '--silent', 'knip'],
    files: {
      'src/upgrade/planted.ts': 'export const planted = 1;\n',
      'src/upgrade/steps.ts': '\nexport const plantedExport = 1;\n',
    },
    expected: [/src\/upgrade\/planted\.ts/, /plantedExport/],
  },
];

const maxOutputBytes = 64 * 1024 * 1024;

/** What the checkers need; node_modules is linked, not copied. */
function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'redis-upgrade-planted-'));
  const left = new Set(['.git', 'node_modules', 'dist', 'artifacts', 'coverage']);
  cpSync('.', copy, { recursive: true, filter: (file) => !left.has(file) });
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
  return copy;
}

function plant(copy: string, files: Planting['files']): void {
  for (const [name, text] of Object.entries(files)) {
    const file = join(copy, name);
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, text);
  }
}

/** Puts the tree back as it was: the next checker must see its own faults only. */
function uproot(copy: string, files: Planting['files']): void {
  for (const name of Object.keys(files)) {
    rmSync(join(copy, name));
    if (existsSync(name)) cpSync(name, join(copy, name));
  }
}

interface Row {
  checker: string;
  fault: string;
  verdict: 'red' | 'GREEN' | 'red for another reason';
  seconds: number;
  output: string;
}

function judge(copy: string, planting: Planting): Row {
  const { checker, fault, command, files, expected } = planting;
  const began = performance.now();
  plant(copy, files);
  const [program = '', ...args] = command;
  const run = spawnSync(program, args, {
    cwd: copy,
    encoding: 'utf8',
    maxBuffer: maxOutputBytes,
    env: { ...process.env, NO_COLOR: '1' },
  });
  uproot(copy, files);
  const output = `${run.stdout}${run.stderr}`;
  const named = expected.every((pattern) => pattern.test(output));
  const verdict = run.status === 0 ? 'GREEN' : named ? 'red' : 'red for another reason';
  return { checker, fault, verdict, seconds: Math.round((performance.now() - began) / 100) / 10, output };
}

function main(): number {
  const copy = copyTree();
  try {
    const rows = plantings.map((planting) => judge(copy, planting));
    console.table(rows.map(({ output: _, ...row }) => row));
    const green = rows.filter((row) => row.verdict !== 'red');
    for (const row of green) console.error(`\n${row.checker} on ${row.fault}:\n${row.output}`);
    console.log(`${rows.length - green.length} of ${rows.length} plantings were noticed`);
    return green.length === 0 ? 0 : 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

process.exit(main());
