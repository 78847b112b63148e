// Compiles the server, compiles the sandbox's page for the browser and puts its static files beside it.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const page = 'src/sandbox/slack/page';

function compile(project: string): void {
  const result = spawnSync(process.execPath, [tsc, '-p', project], { stdio: ['ignore', 2, 2] });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

compile('tsconfig.build.json');
if (existsSync(page)) {
  compile('tsconfig.page.json');
  cpSync(page, 'dist/sandbox/slack/page', { recursive: true, filter: (file) => !file.endsWith('.ts') });
}
