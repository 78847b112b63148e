// Sums up a CI run: `test-summary.ts RESULTS.json NAME=EXITCODE…`. Prints what failed, and as its last line, alone,
// `N passed, N failed` over all tests and parts. Exits with 1 when anything failed, or when nothing was tested.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { z } from 'zod';

const resultsSchema = z.object({
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

interface Sums {
  passed: number;
  failed: string[];
  skipped: string[];
}

/** What vitest wrote; a file that is missing or unreadable is a failure, since then nobody knows what ran. */
function sumTests(path: string): Sums {
  const sums: Sums = { passed: 0, failed: [], skipped: [] };
  let results: z.infer<typeof resultsSchema>;
  try {
    results = resultsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ...sums, failed: [`there are no test results: ${why}`] };
  }
  for (const file of results.testResults) addFile(sums, file);
  if (sums.passed === 0) sums.failed.push('not one test passed');
  return sums;
}

function addFile(sums: Sums, file: z.infer<typeof resultsSchema>['testResults'][number]): void {
  const name = relative(process.cwd(), file.name);
  const failedBefore = sums.failed.length;
  for (const test of file.assertionResults) {
    const title = `${name}: ${test.fullName}`;
    if (test.status === 'passed') sums.passed += 1;
    else if (test.status === 'failed') sums.failed.push(title);
    else sums.skipped.push(title);
  }
  // A file that could not be loaded, or whose clean-up failed, has no test that says so.
  const told = sums.failed.length > failedBefore;
  if (file.status === 'failed' && !told) sums.failed.push(`${name}: ${firstLine(file.message)}`);
}

function firstLine(text: string | undefined): string {
  return text?.split('\n')[0] || 'the file could not be run';
}

/** The parts besides the tests count as one each. The tests' own exit code counts when no single test explains it. */
function addParts(sums: Sums, parts: readonly string[]): void {
  for (const part of parts) {
    const [name, code] = part.split('=');
    const isTests = name === 'tests';
    if (code === '0') sums.passed += isTests ? 0 : 1;
    else if (!isTests || sums.failed.length === 0) sums.failed.push(`${name} ended with exit code ${code}`);
  }
}

function main(): number {
  const [path, ...parts] = process.argv.slice(2);
  if (path === undefined) {
    console.error('usage: test-summary.ts RESULTS.json NAME=EXITCODE…');
    return 2;
  }
  const sums = sumTests(path);
  addParts(sums, parts);
  for (const title of sums.skipped) console.log(`skipped: ${title}`);
  for (const title of sums.failed) console.log(`FAILED: ${title}`);
  const skipped = sums.skipped.length === 0 ? '' : `, ${sums.skipped.length} skipped`;
  console.log(`${sums.passed} passed, ${sums.failed.length} failed${skipped}`);
  return sums.failed.length === 0 ? 0 : 1;
}

process.exit(main());
