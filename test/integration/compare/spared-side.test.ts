import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComparisonOptions } from '../../../src/compare/comparison-options.ts';
import { type OpenConnection, openConnection } from '../../../src/compare/wire/redis-connection.ts';
import { encodeCommands } from '../../../src/compare/wire/resp-commands.ts';
import { startRedis, type TestServer } from './redis-servers.ts';
import { runComparison } from './run-comparison.ts';

const KEYS = 5_000;
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

let source: TestServer;
let target: TestServer;
beforeAll(async () => {
  [source, target] = await Promise.all([startRedis(), startRedis()]);
  const strings = range(KEYS).map((n) => ['SET', `key:${n}`, 'value'.repeat(20)]);
  const lists = range(KEYS / 10).map((n) => ['RPUSH', `list:${n}`, ...range(20).map((i) => `element-${i}`)]);
  for (const { client } of [source, target]) await client.pipeline(encodeCommands([...strings, ...lists]));
});
afterAll(async () => {
  await Promise.all([source?.stop(), target?.stop()]);
});

/**
 * Compares everything; gives the verdict, and of either side the most commands that one pipeline brought it. `after` is called when a
 * pipeline was answered, and waited for.
 */
async function largestPipelines(
  options: ComparisonOptions,
  after: (side: 'source' | 'target', asked: string) => Promise<void> = async () => undefined,
) {
  const largest = { source: 0, target: 0 };
  const open: OpenConnection = async (endpoint, limits) => {
    const connection = await openConnection(endpoint, limits);
    const side = endpoint.port === source.endpoint.port ? 'source' : 'target';
    const note = (count: number) => {
      largest[side] = Math.max(largest[side], count);
    };
    return {
      command: (...command) => connection.command(...command),
      pipeline: (commands) => {
        note(commands.count);
        return connection.pipeline(commands);
      },
      readInto: async (block, commands) => {
        note(commands.count);
        const asked = commands.bytes.toString('latin1');
        await connection.readInto?.(block, commands);
        await after(side, asked);
      },
      close: () => connection.close(),
    };
  };
  const sides = { source: source.endpoint, target: target.endpoint, open };
  const verdict = await runComparison(sides, { rounds: 1, ...options });
  return { verdict, largest };
}

describe('a gentle comparison', () => {
  it('asks the source about few keys at a time, and the target, which serves nobody, about more', async () => {
    const options = { sparedKeys: 30, batchKeys: 120, batchesPerScan: 4 };
    const { verdict, largest } = await largestPipelines(options);
    expect(verdict).toMatchObject({ equal: true, keysCompared: KEYS + KEYS / 10 });
    // An expiry and a value of each.
    expect(largest.source).toBe(60);
    // The same of a whole batch, and the types of the next one.
    expect(largest.target).toBeGreaterThan(300);
  });

  it('asks a target that serves clients about few keys at a time', async () => {
    const options: ComparisonOptions = { spare: 'target', sparedKeys: 30, batchKeys: 120, batchesPerScan: 4 };
    const { verdict, largest } = await largestPipelines(options);
    expect(verdict).toMatchObject({ equal: true });
    // SCAN gives some names more than it is asked for.
    expect(largest.target).toBeLessThanOrEqual(2 * 40);
  });

  it.each(['gentle', 'fast'] as const)(
    'takes no key for different whose type changed on both sides after it was asked for ahead (%s)',
    async (mode) => {
      let changed = 0;
      const changeTypes = async (side: 'source' | 'target', asked: string) => {
        // The last key whose type was asked for with the values of others is of the next batch.
        const ahead = /GETRANGE[\s\S]*TYPE\r\n\$\d+\r\n(key:\d+)/u.exec(asked)?.[1];
        if (side === 'source' || ahead === undefined || changed >= 10) return;
        changed += 1;
        const change = encodeCommands([
          ['DEL', ahead],
          [mode === 'gentle' ? 'RPUSH' : 'SADD', ahead, 'element'],
        ]);
        await Promise.all([source, target].map(({ client }) => client.pipeline(change)));
      };
      const waits = { rounds: 2, roundDelayMs: 20, lookDelayMs: 1 };
      const options: ComparisonOptions = { mode, ...waits, batchKeys: 50, batchesPerScan: 4 };
      const { verdict } = await largestPipelines(options, changeTypes);
      expect(changed).toBe(10);
      expect(verdict).toMatchObject({ equal: true, differences: 0 });
      // They were seen to change, and looked at again.
      expect(verdict.movingKeys).toHaveLength(10);
    },
  );

  it('finds a difference behind the first part of a batch, and names the right key', async () => {
    await target.client.command('SET', 'key:77', 'other');
    await target.client.command('DEL', 'key:78');
    await source.client.command('SET', 'key:79', 'other');
    const { verdict } = await largestPipelines({ sparedKeys: 7, batchKeys: 300 });
    const found = verdict.examples.map(({ key, kind }) => `${key} ${kind}`).sort();
    expect(found).toEqual(['key:77 value', 'key:78 missing', 'key:79 value']);
  });
});
