import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { encodeCommands } from '../../../src/compare/wire/resp-commands.ts';
import { readState } from '../../../src/terminal/compare/state-file.ts';
import { startRedis, type TestServer } from '../compare/redis-servers.ts';
import { differencesIn, makeFolder, readReport, start, urlOf } from './compare-command.ts';

const PASSWORD = 'correct-horse';
const KEYS = 12_000;
const EVERY = 100;
/** Each starts several processes. */
const TEST_MS = 120_000;
/** Slow enough to be interrupted on the way, whatever the machine. */
const SLOW = ['--rate', '1500'];

let source: TestServer;
let target: TestServer;
let folder: Awaited<ReturnType<typeof makeFolder>>;
let differences: string[];

beforeAll(async () => {
  [source, target] = await Promise.all([startRedis(), startRedis()]);
  await target.client.command('CONFIG', 'SET', 'requirepass', PASSWORD);
});

afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop()]);
});

beforeEach(async () => {
  folder = await makeFolder();
  const numbers = Array.from({ length: KEYS }, (_, index) => index);
  for (const { client } of [source, target]) {
    await client.command('FLUSHALL');
    await client.pipeline(encodeCommands(numbers.map((index) => ['SET', `key:${index}`, `value ${index}`])));
  }
  const broken = numbers.filter((index) => index % EVERY === 0);
  await target.client.pipeline(encodeCommands(broken.map((index) => ['APPEND', `key:${index}`, '!'])));
  differences = broken.map((index) => `db0 key:${index} length`).sort();
});

afterEach(async () => {
  await folder.remove();
});

function words(...more: string[]): string[] {
  const files = ['--state', folder.path('state'), '--report', folder.path('report')];
  return [urlOf(source), urlOf(target, `:${PASSWORD}@`), ...files, '--round-delay', '50ms', ...more];
}

/** Starting a process takes long on a busy machine. */
const DEADLINE_MS = 60_000;

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until a state says that so many keys are done. */
async function done(keys: number): Promise<void> {
  await until(async () => {
    const state = await readState(folder.path('state'));
    return (state?.comparison?.keysCompared ?? 0) >= keys;
  }, `${keys} keys done`);
}

it('Ctrl-C keeps how far it is, says how to go on, and --resume ends with the same answer and no line twice', {
  timeout: TEST_MS,
}, async () => {
  const { child, said } = start(words(...SLOW));
  await done(1_000);
  // The words of the command, and the password among them, are out of the list of processes by now.
  if (process.platform === 'linux')
    expect(await readFile(`/proc/${child.pid}/cmdline`, 'utf8')).not.toContain(PASSWORD);
  child.kill('SIGINT');
  const { exit, err } = await said;
  expect(exit).toBe(2);
  expect(err).toMatch(/^COULD NOT TELL: the comparison was interrupted, after [\d,]+ keys\.$/mu);
  expect(err).toContain(`How far it came is kept in ${folder.path('state')}.`);
  expect(err).toMatch(/compare redis:\S+ redis:\/\/:PASSWORD@\S+ .*--resume$/mu);
  expect(err).not.toContain(PASSWORD);

  const text = await readFile(folder.path('state'), 'utf8');
  expect(text).not.toContain(PASSWORD);
  const before = (await readState(folder.path('state')))?.comparison?.keysCompared ?? 0;
  expect(before).toBeLessThan(KEYS);
  const resumed = await start(words('--resume', '--json')).said;
  expect(resumed.err).toContain('Going on from');
  expect(resumed.exit).toBe(1);
  expect(JSON.parse(resumed.out)).toMatchObject({
    comparison: { keysCompared: KEYS, differences: KEYS / EVERY },
  });
  expect(differencesIn(await readReport(folder.path('report')))).toEqual(differences);
});

it('a process that is killed again and again comes to the same answer, and its report has no line twice', {
  timeout: TEST_MS,
}, async () => {
  // Proven at once: lines of the report come in all the time.
  const often = words(...SLOW, '--rounds', '1');
  for (const keys of [1_000, 5_000]) {
    const { child, said } = start([...often, '--resume']);
    await done(keys);
    child.kill('SIGKILL');
    expect((await said).exit).toBe(null);
  }
  const { exit, out } = await start([...words('--rounds', '1'), '--resume', '--json']).said;
  expect(exit).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ comparison: { keysCompared: KEYS, differences: KEYS / EVERY } });
  expect(differencesIn(await readReport(folder.path('report')))).toEqual(differences);
});

it('a repair that is killed is gone on with, and only with the same direction', {
  timeout: TEST_MS,
}, async () => {
  const repair = [...words('--repair-from', 'source', '--yes'), '--json'];
  const { child, said } = start([...repair, ...SLOW]);
  await until(
    async () => ((await readState(folder.path('state')))?.repair?.repair.keysRepaired ?? 0) > 0,
    'a key is repaired',
  );
  child.kill('SIGKILL');
  await said;
  const [without, other] = await Promise.all([
    start(words('--resume')).said,
    start(words('--resume', '--repair-from', 'target', '--yes')).said,
  ]);
  for (const refused of [without, other])
    expect(refused).toMatchObject({
      exit: 2,
      err: expect.stringContaining('Go on with --repair-from source'),
    });
  const { exit, out } = await start([...repair, '--resume']).said;
  expect(exit).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ verdict: 'equal', repair: { outcome: { equal: true } } });
  expect(await target.client.command('GET', 'key:0')).toEqual(Buffer.from('value 0'));
});
