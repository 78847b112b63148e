import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeCommands } from '../../../src/compare/wire/resp-commands.ts';
import { startCluster } from '../compare/redis-cluster.ts';
import { startRedis, type TestServer } from '../compare/redis-servers.ts';
import { differencesIn, labelOf, makeFolder, readReport, typeHere, urlOf } from './compare-command.ts';

const PASSWORD = 'correct-horse';
/** The data does not move, so there is nothing to wait for between two rounds. */
const QUICK = ['--round-delay', '20ms'];
const KEYS = 300;

let source: TestServer;
let target: TestServer;
let folder: Awaited<ReturnType<typeof makeFolder>>;

beforeAll(async () => {
  [source, target] = await Promise.all([startRedis(), startRedis()]);
  await target.client.command('CONFIG', 'SET', 'requirepass', PASSWORD);
});

afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop()]);
});

beforeEach(async () => {
  folder = await makeFolder();
  for (const { client } of [source, target]) {
    await client.command('FLUSHALL');
    const keys = Array.from({ length: KEYS }, (_, index) => ['SET', `key:${index}`, `value ${index}`]);
    await client.pipeline(
      encodeCommands([...keys, ['RPUSH', 'list', 'a', 'b', 'c'], ['HSET', 'hash', 'f', 'v']]),
    );
  }
});

afterEach(async () => {
  await folder.remove();
});

/** Breaks the target in one way of each sort; the differences that have to be found. */
async function breakTarget(): Promise<string[]> {
  const { client } = target;
  const binary = Buffer.from([0xff, 0x00, 0x0a, 0x22]);
  for (const command of [
    ['DEL', 'key:1'],
    ['SET', 'key:2', 'another'],
    ['EXPIRE', 'key:3', '1000'],
    ['RPUSH', 'list', 'd'],
    ['DEL', 'hash'],
    ['SET', 'hash', 'a string'],
    ['SET', 'extra', 'x'],
    ['SET', binary, 'x'],
    ['SELECT', '3'],
    ['SET', 'hello', 'x'],
    ['SELECT', '0'],
  ])
    await client.command(...command);
  return [
    'db0 extra extra',
    'db0 hash type',
    'db0 key:1 missing',
    'db0 key:2 value',
    'db0 key:3 ttl',
    'db0 list length',
    'db3 hello extra',
    `db0 ${binary} extra`,
  ].sort();
}

/** The words for these two sides; the state goes into the test's folder. */
function words(...more: string[]): string[] {
  return [urlOf(source), urlOf(target, `:${PASSWORD}@`), '--state', folder.path('state'), ...QUICK, ...more];
}

async function exists(name: string): Promise<boolean> {
  return await stat(folder.path(name)).then(
    () => true,
    () => false,
  );
}

describe('two servers that hold the same', () => {
  it('are equal, exit code 0, and nothing is left behind', async () => {
    const said = await typeHere(words());
    expect(said.exit).toBe(0);
    expect(said.out).toMatch(/^EQUAL: 302 keys, with their values and expiry\./u);
    expect(said.err).toContain(`source  ${labelOf(source)}  Redis 7`);
    expect(await exists('state')).toBe(false);
  });

  it('are equal for a machine in one line of JSON and nothing else', async () => {
    const said = await typeHere(words('--json', '--report', folder.path('report')));
    expect(said.exit).toBe(0);
    expect(said.out.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(said.out)).toMatchObject({
      verdict: 'equal',
      exitCode: 0,
      source: { address: labelOf(source), keys: 302 },
      comparison: { differences: 0, covered: 'all', keysCompared: 302 },
      troubles: [],
    });
    expect(await readReport(folder.path('report'))).toEqual([]);
  });

  it.each([['--fast'], ['--gentle'], ['--rate-bytes', '10M']])(
    'are equal with %s as well',
    async (...how) => {
      expect((await typeHere(words(...how))).exit).toBe(0);
    },
  );

  it('are called a sample when only some keys were looked at', async () => {
    const said = await typeHere(words('--sample', '30%'));
    expect(said.exit).toBe(0);
    expect(said.out).toMatch(/^NO DIFFERENCE in a SAMPLE of \d+ keys/u);
    expect(said.out).toMatch(/With 95 % confidence no more than [\d.]+ % of all keys differ/u);
    expect(said.out).toContain('Look at every key:');
  });

  it('need no repair', async () => {
    const said = await typeHere(words('--repair-from', 'source', '--yes'));
    expect(said).toMatchObject({ exit: 0, out: expect.stringContaining('There is nothing to repair.') });
  });

  it('are not told from each other when a key is written to all the time', async () => {
    let writing = true;
    const writer = (async () => {
      for (let value = 0; writing; value += 1) await source.client.command('SET', 'key:9', `moving ${value}`);
    })();
    const said = await typeHere(words('--json'));
    writing = false;
    await writer;
    expect(said.exit).toBe(2);
    expect(JSON.parse(said.out)).toMatchObject({ verdict: 'undecided', comparison: { unsettledKeys: 1 } });
  });
});

const keyOf = (line: unknown) => z.object({ key: z.string() }).parse(line).key;

describe('two servers that differ', () => {
  it('are different, exit code 1, with a line of the report for every difference', async () => {
    const differences = await breakTarget();
    const said = await typeHere(words('--report', folder.path('report')));
    expect(said.exit).toBe(1);
    expect(said.out).toMatch(/^DIFFERENT: 8 keys differ\./u);
    expect(said.out).toContain(`Every difference is in ${folder.path('report')}`);
    expect(differencesIn(await readReport(folder.path('report')))).toEqual(differences);
    expect((await stat(folder.path('report'))).mode & 0o777).toBe(0o600);
    await chmod(folder.path('report'), 0o644);
    await typeHere(words('--report', folder.path('report')));
    expect((await stat(folder.path('report'))).mode & 0o777).toBe(0o600);
  });

  it('have values in the report when somebody asks for them, and nowhere else', async () => {
    await breakTarget();
    await target.client.command('SET', 'key:2', 'a-secret');
    const said = await typeHere(words('--report', folder.path('report'), '--values'));
    const lines = (await readFile(folder.path('report'), 'utf8')).trim().split('\n');
    const lineOf = (key: string) =>
      lines.map((line): unknown => JSON.parse(line)).find((line) => keyOf(line) === key);
    expect(lineOf('key:2')).toMatchObject({ kind: 'value', target: 'a-secret' });
    expect(lineOf('list')).toMatchObject({ kind: 'length', target: 'd' });
    expect(lineOf('list')).not.toHaveProperty('source');
    expect(said.out + said.err).not.toContain('a-secret');
    await typeHere(words('--report', folder.path('report')));
    expect(await readFile(folder.path('report'), 'utf8')).not.toContain('a-secret');
    expect((await typeHere(words('--values'))).err).toContain('--values goes with --report FILE');
  });

  it('are all reported, however many they are', async () => {
    await target.client.command('FLUSHALL');
    await target.client.pipeline(
      encodeCommands(Array.from({ length: 6_000 }, (_, index) => ['SET', `other:${index}`, 'x'])),
    );
    const said = await typeHere(words('--report', folder.path('report')));
    expect(said.out).toMatch(/^DIFFERENT: 6,302 keys differ\./u);
    expect(new Set(differencesIn(await readReport(folder.path('report')))).size).toBe(6_302);
  });

  it('are said to differ in at least so many keys when told to stop there', async () => {
    await target.client.pipeline(
      encodeCommands(Array.from({ length: 6_000 }, (_, index) => ['SET', `other:${index}`, 'x'])),
    );
    const said = await typeHere(words('--max-differences', '5'));
    expect(said.exit).toBe(1);
    expect(said.out).toMatch(/^DIFFERENT: at least [\d,]+ keys differ\.\n {2}It ended early/u);
  });

  it('are changed by no dry run, which lists what would be done', async () => {
    await breakTarget();
    const said = await typeHere(words('--repair-from', 'source', '--dry-run', '--json'));
    expect(said.exit).toBe(1);
    expect(JSON.parse(said.out)).toMatchObject({
      verdict: 'different',
      repair: { from: 'source', dryRun: true, outcome: { keysRepaired: 5, keysDeleted: 3 } },
    });
    const again = await typeHere(words('--repair-from', 'source', '--dry-run'));
    expect(again.out).toMatch(
      /^DRY RUN, nothing was changed: on the target 5 keys would be written and 3 deleted/mu,
    );
    expect(again.out).toMatch(/^ {2}DELETE +db3 +hello +string/mu);
    expect(again.out).toMatch(/^ {2}set expiry +db0 +key:3 +string/mu);
    expect(again.out).toMatch(/^ {2}copy +db0 +key:1 +string/mu);
    expect(await target.client.command('EXISTS', 'extra')).toBe(1);
  });

  it.each([undefined, '', 'yes', 'source'])('are not repaired when a person answers %j', async (answer) => {
    await breakTarget();
    const said = await typeHere(words('--repair-from', 'source'), answer);
    expect(said.exit).toBe(1);
    expect(said.err).toContain(`changed  the TARGET, ${labelOf(target)}`);
    expect(said.out).toContain('Nothing was changed');
    expect(await target.client.command('EXISTS', 'extra')).toBe(1);
  });

  it('are equal after a person has named the side that is changed', async () => {
    await breakTarget();
    const said = await typeHere(words('--repair-from', 'source'), 'target');
    expect(said.exit).toBe(0);
    expect(said.out).toMatch(/^EQUAL after the repair: on the target 5 keys were written and 3 deleted/mu);
    expect((await typeHere(words())).exit).toBe(0);
    expect(await target.client.command('EXISTS', 'extra')).toBe(0);
    expect(await exists('state')).toBe(false);
  });

  it('are equal after a repair from the target, which changes the source', async () => {
    await breakTarget();
    const said = await typeHere(words('--repair-from', 'target', '--yes', '--json'));
    expect(said.exit).toBe(0);
    expect(JSON.parse(said.out)).toMatchObject({
      verdict: 'equal',
      repair: { from: 'target', outcome: { equal: true } },
    });
    expect(await source.client.command('EXISTS', 'extra')).toBe(1);
  });
});

it('a cluster that is named by one of its nodes is compared and repaired as a whole', async () => {
  const cluster = await startCluster();
  try {
    const url = `redis://${cluster.endpoint.host}:${cluster.endpoint.port}`;
    const command = [urlOf(source), url, '--state', folder.path('state'), ...QUICK];
    const repaired = await typeHere([...command, '--repair-from', 'source', '--yes']);
    expect(repaired.exit).toBe(0);
    expect(repaired.out).toMatch(/^DIFFERENT: 302 keys differ\./u);
    const said = await typeHere(command);
    expect(said).toMatchObject({ exit: 0, err: expect.stringMatching(/^target .* 302 keys in db0$/mu) });
  } finally {
    await cluster.stop();
  }
});

describe('what cannot be told', () => {
  it('is said of both sides at once, with the cure and without a password', async () => {
    const dead = 'redis://:hunter2@127.0.0.1:1';
    const said = await typeHere([dead, urlOf(target, ':wrong-horse@'), '--json']);
    expect(said.exit).toBe(2);
    expect(JSON.parse(said.out)).toMatchObject({
      verdict: 'undecided',
      exitCode: 2,
      troubles: [
        { side: 'source', code: 'COMPARE_CONNECT' },
        { side: 'target', code: 'COMPARE_AUTH' },
      ],
    });
    expect(said.err).toContain('The source 127.0.0.1:1 cannot be reached');
    expect(said.err).toContain(`The target ${labelOf(target)} refuses the password.`);
    const bare = await typeHere([urlOf(source), urlOf(target)]);
    expect(bare).toMatchObject({ exit: 2, out: '', err: expect.stringContaining('wants a password') });
    for (const secret of ['hunter2', 'wrong-horse', PASSWORD])
      expect(JSON.stringify([said, bare])).not.toContain(secret);
  });

  it('is wrong use, and a report that cannot be written', async () => {
    expect(await typeHere(['redis://a:1', '--json'])).toMatchObject({
      exit: 2,
      out: expect.stringContaining('"verdict":"undecided"'),
    });
    const said = await typeHere(words('--report', folder.path('no/such/folder')));
    expect(said).toMatchObject({
      exit: 2,
      out: '',
      err: expect.stringContaining('cannot be written (ENOENT)'),
    });
    const stateless = await typeHere(
      words('--state', '/proc/no/state').filter((word) => word !== folder.path('state')),
    );
    expect(stateless.exit).toBe(2);
  });
});

describe('passwords', () => {
  it.each(['target', 'host and port'])(
    'come from a file by %s, and a file that others can read is named',
    async (by) => {
      const path = folder.path('credentials');
      const key = by === 'target' ? 'target' : labelOf(target);
      await writeFile(path, JSON.stringify({ [key]: { password: PASSWORD } }));
      await chmod(path, 0o644);
      const command = [urlOf(source), urlOf(target), '--credentials', path, '--state', folder.path('state')];
      const said = await typeHere(command);
      expect(said).toMatchObject({ exit: 0, err: expect.stringContaining(`chmod 600 ${path}`) });
      await chmod(path, 0o600);
      const again = await typeHere(command);
      expect(again.err).not.toMatch(/chmod|other users/u);
      expect(JSON.stringify([said, again])).not.toContain(PASSWORD);
    },
  );

  it('are neither in the state nor in the report nor in what is to be typed next', async () => {
    await breakTarget();
    const said = await typeHere(words('--report', folder.path('report'), '--repair-from', 'source'));
    expect(said.out + said.err + (await readFile(folder.path('report'), 'utf8'))).not.toContain(PASSWORD);
    const different = await typeHere(words());
    expect(different.out).toContain(`redis://:PASSWORD@${labelOf(target)}`);
    expect(different.err).toContain('--credentials FILE avoids both');
  });

  it('file of nobody, or of another form, is refused without what is in it', async () => {
    const path = folder.path('credentials');
    for (const text of [`{"elsewhere":{"password":"${PASSWORD}"}}`, `{"target":"${PASSWORD}"}`, PASSWORD]) {
      await writeFile(path, text);
      const said = await typeHere([urlOf(source), urlOf(target), '--credentials', path]);
      expect(said.exit).toBe(2);
      expect(said.err).toContain(path);
      expect(said.err).not.toContain(PASSWORD);
    }
  });
});

describe('a state', () => {
  const other = {
    what: 'redis-upgrade compare',
    version: 1,
    source: 'a:1',
    target: 'b:2',
    begunAtMs: 1,
    savedAtMs: 1,
    settings: {},
  };

  it('of other sides is refused by name, and so are other settings', async () => {
    await writeFile(folder.path('state'), JSON.stringify(other));
    const said = await typeHere(words('--resume'));
    expect(said).toMatchObject({ exit: 2, out: '' });
    expect(said.err).toContain(`belongs to a comparison of a:1 with b:2, not of ${labelOf(source)}`);
    const own = { ...other, source: labelOf(source), target: labelOf(target), settings: { rounds: 5 } };
    await writeFile(folder.path('state'), JSON.stringify(own));
    expect((await typeHere(words('--resume'))).err).toContain('begun with another --rounds: give the same');
    expect((await typeHere(words('--resume', '--rounds', '5'))).exit).toBe(0);
  });

  it.each([['--resume'], []])('that is something else is left as it is (%s)', async (...resume: string[]) => {
    await writeFile(folder.path('state'), 'my diary');
    const said = await typeHere(words(...resume));
    expect(said).toMatchObject({ exit: 2, err: expect.stringContaining('is not the state of a comparison') });
    expect(await readFile(folder.path('state'), 'utf8')).toBe('my diary');
  });

  it('that is not there begins at the start, and says so', async () => {
    const said = await typeHere(words('--resume'));
    expect(said).toMatchObject({
      exit: 0,
      err: expect.stringContaining('to resume from: it begins at the start'),
    });
  });
});
