// Takes out of an installed bot what Tencent's SDK brings and the bot does not use: `prune-sdk.ts FOLDER`, where FOLDER holds
// `dist` and a `node_modules` with production packages only. The services to keep are read from the built code, so a new one
// cannot be forgotten here. Afterwards it proves that nothing is missing. Never run it on a working tree.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';

const sdk = 'tencentcloud-sdk-nodejs';
/** What the clients share. */
const sharedFolder = 'common';

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
}

function megabytes(folder: string): string {
  const bytes = filesOf(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  return `${(bytes / 1024 / 1024).toFixed(1)} MB in ${filesOf(folder).length} files`;
}

/** `services/redis/v20180412/redis_client.js` and its like, as the built code imports them. */
function clientsInUse(dist: string): string[] {
  const imports = filesOf(dist)
    .filter((name) => name.endsWith('.js') && !name.startsWith('sandbox'))
    .flatMap((name) => [
      ...readFileSync(join(dist, name), 'utf8').matchAll(/from '(tencentcloud-sdk-nodejs\/[^']+)'/gu),
    ])
    .map(([, path = '']) => path.slice(`${sdk}/tencentcloud/`.length));
  const clients = [...new Set(imports)].sort();
  const odd = clients.filter((path) => !/^services\/\w+\/v\d+\/\w+_client\.js$/u.test(path));
  if (clients.length === 0) throw new Error(`Nothing in ${dist} imports ${sdk}`);
  if (odd.length > 0) throw new Error(`Not the client of one service: ${odd.join(', ')}`);
  return clients;
}

/** Removes everything but the shared code and the folders of the clients; type declarations are of no use at run time. */
function prune(root: string, clients: readonly string[]): void {
  const kept = [sharedFolder, ...clients.map((path) => path.slice(0, path.lastIndexOf('/')))];
  rmSync(join(root, 'es'), { recursive: true, force: true });
  const code = join(root, 'tencentcloud');
  for (const name of filesOf(code)) {
    const wanted = kept.some((folder) => name.startsWith(`${folder.replaceAll('/', sep)}${sep}`));
    if (!wanted || name.endsWith('.d.ts')) rmSync(join(code, name));
  }
  removeEmptyFolders(code);
}

function removeEmptyFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name));
  }
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
}

/** Loads and builds each client, then starts the bot with nothing configured: every module it imports has been found by then. */
function prove(folder: string, clients: readonly string[]): string[] {
  const lines = clients.map(
    (path) =>
      `const { Client } = await import('${sdk}/tencentcloud/${path}'); new Client({ credential: { secretId: 'a', secretKey: 'b' }, region: 'ap-guangzhou' });`,
  );
  const program = lines.map((line) => `{ ${line} }`).join('\n');
  const options = { cwd: folder, encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' } } as const;
  const built = spawnSync(process.execPath, ['--input-type=module', '-e', program], options);
  const bot = spawnSync(process.execPath, ['dist/main.js'], options);
  const problems: string[] = [];
  if (built.status !== 0) problems.push(`the clients cannot be built: ${built.stderr}`);
  if (bot.status !== 1 || !bot.stderr.includes('SLACK_BOT_TOKEN is missing')) {
    problems.push(`the bot does not ask for its configuration (exit code ${bot.status}): ${bot.stderr}`);
  }
  return problems;
}

function main(): number {
  const [folder] = process.argv.slice(2);
  const root = join(folder ?? '', 'node_modules', sdk);
  if (folder === undefined || !existsSync(root) || !existsSync(join(folder, 'dist/main.js'))) {
    console.error('usage: prune-sdk.ts FOLDER, with dist and node_modules in it');
    return 2;
  }
  if (existsSync(join(folder, 'src'))) {
    console.error(`${folder} is a working tree: the type checker needs what would be removed`);
    return 2;
  }
  const clients = clientsInUse(join(folder, 'dist'));
  console.log(`before: ${megabytes(root)}`);
  prune(root, clients);
  console.log(`after:  ${megabytes(root)}, for ${clients.join(', ')}`);
  const problems = prove(folder, clients);
  for (const problem of problems) console.error(problem);
  return problems.length === 0 ? 0 : 1;
}

process.exit(main());
