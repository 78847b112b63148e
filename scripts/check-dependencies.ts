// Checks the imports against .dependency-cruiser.cjs, and that every file was looked at: with a compiler it does not
// understand, dependency-cruiser cruises 0 modules and calls that "no violations".
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const cruised = ['src', 'test', 'scripts', 'bench'];
/** Grows with the tree. */
const maxOutputBytes = 256 * 1024 * 1024;

const reportSchema = z.object({
  modules: z.array(z.object({ source: z.string(), dependencies: z.array(z.unknown()) })),
  summary: z.object({
    totalCruised: z.number(),
    violations: z.array(
      z.object({
        from: z.string(),
        to: z.string(),
        rule: z.object({ name: z.string(), severity: z.string() }),
        comment: z.string().optional(),
        cycle: z.array(z.object({ name: z.string() })).optional(),
      }),
    ),
    ruleSetUsed: z.object({
      forbidden: z.array(z.object({ name: z.string(), comment: z.string().optional() })),
    }),
  }),
});
type Report = z.infer<typeof reportSchema>;

function cruise(): Report {
  const args = [
    'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
    ...cruised,
  ];
  const run = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: maxOutputBytes });
  // Its exit code is the number of violations, which are in the report.
  if (run.stdout.trim() === '') throw new Error(`dependency-cruiser said nothing: ${run.stderr}`);
  return reportSchema.parse(JSON.parse(run.stdout));
}

function sourceFiles(): string[] {
  return cruised.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
}

/** What the checker overlooked; a checker that looked at nothing must fail. */
function blindSpots(report: Report): string[] {
  const files = sourceFiles();
  const seen = new Set(report.modules.map((module) => module.source));
  const problems = files.filter((file) => !seen.has(file)).map((file) => `${file} was not looked at`);
  if (files.length === 0) problems.push('there is no TypeScript file here');
  if (report.summary.totalCruised < files.length) {
    problems.push(`only ${report.summary.totalCruised} modules cruised, of ${files.length} files`);
  }
  const arrows = report.modules.filter((module) => seen.has(module.source)).flatMap((m) => m.dependencies);
  if (arrows.length < files.length)
    problems.push(`only ${arrows.length} imports found in ${files.length} files`);
  return problems;
}

function main(): number {
  const report = cruise();
  const comments = new Map(report.summary.ruleSetUsed.forbidden.map((rule) => [rule.name, rule.comment]));
  for (const { rule, from, to, cycle } of report.summary.violations) {
    const path = cycle === undefined ? to : cycle.map((step) => step.name).join(' → ');
    console.error(`${rule.name}: ${from} → ${path}\n    ${comments.get(rule.name) ?? ''}`);
  }
  const blind = blindSpots(report);
  for (const problem of blind) console.error(`not checked: ${problem}`);
  const found = report.summary.violations.length;
  console.log(`${report.summary.totalCruised} modules looked at, ${found} forbidden imports`);
  return found + blind.length === 0 ? 0 : 1;
}

process.exit(main());
