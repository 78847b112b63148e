import { describe, expect, it } from 'vitest';
import {
  cursorAfter,
  cursorOf,
  readCursor,
  withCursor,
} from '../../../src/compare/cluster/cluster-cursor.ts';
import { sumOfInfo } from '../../../src/compare/cluster/cluster-info.ts';
import { parseClusterNodes, slotOwners, topologyOf } from '../../../src/compare/cluster/cluster-nodes.ts';
import { slotOfBytes, slotOfKey, tagOfSlot } from '../../../src/compare/cluster/cluster-slot.ts';
import { openAllNodes } from '../../../src/compare/cluster/open-nodes.ts';
import { slotsOf, splitCommands } from '../../../src/compare/cluster/sent-commands.ts';
import { parseKeyspace } from '../../../src/compare/wire/keyspace.ts';
import type { RedisConnection, RedisEndpoint } from '../../../src/compare/wire/redis-connection.ts';
import {
  type Command,
  type EncodedCommands,
  encodeCommands,
} from '../../../src/compare/wire/resp-commands.ts';
import { decodeReply, RedisErrorReply, scanPageOf } from '../../../src/compare/wire/resp-reply.ts';

const bytes = (text: string) => Buffer.from(text);

describe('the slot of a key', () => {
  /** The checksum's own test vector, and what `CLUSTER KEYSLOT` of a 7.0 says. */
  it.each([
    ['123456789', 0x31c3],
    ['foo', 12_182],
    ['bar', 5_061],
    ['', 0],
    ['foo{}{bar}', 8_363],
    ['foo{{bar}}zap', slotOfBytes(bytes('{bar'))],
    ['foo{bar}{zap}', 5_061],
    ['{user1000}.following', slotOfKey(bytes('user1000'))],
    ['open{only', slotOfBytes(bytes('open{only'))],
  ])('of %s is %i', (key, slot) => {
    expect(slotOfKey(bytes(key))).toBe(slot);
  });

  it('has a short name for every slot', () => {
    for (const slot of [0, 1, 5_461, 16_383]) expect(slotOfKey(tagOfSlot(slot))).toBe(slot);
  });
});

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const C = 'c'.repeat(40);
const NODES = [
  `${C} 10.0.0.3:6379@16379 master - 0 1426238317239 4 connected 10923-16383`,
  `${A} 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-5460 [93->-${B}]`,
  `${B} 10.0.0.2:6379@16379,host-b,,tls-port=0 master - 0 1426238316232 2 connected 5461-10000 10002-10922 10001`,
  `${'d'.repeat(40)} 10.0.0.4:6379@16379 slave ${A} 0 1426238316232 1 connected`,
  `${'e'.repeat(40)} 10.0.0.5:6379@16379 master - 0 1426238316232 9 connected`,
  `${'f'.repeat(40)} :0@0 master,noaddr - 1426238316232 1426238316232 3 disconnected`,
  'vars currentEpoch 9 lastVoteEpoch 0',
].join('\n');

describe('the nodes of a cluster', () => {
  it('are its masters with slots, with their addresses and slots, in the order of their ids', () => {
    const masters = parseClusterNodes(NODES, 'asked');
    expect(
      masters.map(({ id, host, port, isAsked, isMoving }) => [id, host, port, isAsked, isMoving]),
    ).toEqual([
      [A, '10.0.0.1', 6379, true, true],
      [B, '10.0.0.2', 6379, false, false],
      [C, '10.0.0.3', 6379, false, false],
    ]);
    const owners = slotOwners(masters);
    expect([0, 5_460, 5_461, 10_001, 10_922, 10_923, 16_383].map((slot) => owners[slot])).toEqual([
      0, 0, 1, 1, 1, 2, 2,
    ]);
    expect(owners.includes(-1)).toBe(false);
  });

  it('are read as 3.0 writes them, with addresses of either kind, and one that does not know its own', () => {
    const [old] = parseClusterNodes(`${A} 127.0.0.1:30001 myself,master - 0 0 1 connected 0-16383`, 'asked');
    expect(old).toMatchObject({ host: '127.0.0.1', port: 30_001 });
    const [six] = parseClusterNodes(`${A} ::1:30001@40001 master - 0 0 1 connected 0-16383`, 'asked');
    expect(six).toMatchObject({ host: '::1', port: 30_001 });
    const [lonely] = parseClusterNodes(`${A} :30001@40001 myself,master - 0 0 1 connected 5`, 'asked');
    expect(lonely).toMatchObject({ host: 'asked', ranges: ['5'] });
  });

  it('have another topology when a slot moved, or moved and came back', () => {
    const topology = (text: string) => topologyOf(parseClusterNodes(text, ''));
    expect(topology(NODES.replace('1426238317239', '1426238999999'))).toBe(topology(NODES));
    expect(topology(NODES.replace(` [93->-${B}]`, ''))).toBe(topology(NODES));
    expect(topology(NODES.replace('0-5460', '0-92 94-5460'))).not.toBe(topology(NODES));
    expect(topology(NODES.replace(' 4 connected', ' 10 connected'))).not.toBe(topology(NODES));
  });

  it('are summed up in one INFO', () => {
    const info = (runId: string, keys: number) =>
      bytes(
        `# Server\r\nredis_version:7.0.15\r\nrun_id:${runId}\r\n\r\n# Keyspace\r\ndb0:keys=${keys},expires=2,avg_ttl=5\r\n`,
      );
    const sum = (runId: string) =>
      sumOfInfo([info('r1', 10), info(runId, 5), bytes('run_id:r3\r\n')], 'topology');
    const keyspace = parseKeyspace(sum('r2'));
    expect(keyspace.databases).toEqual(new Map([[0, { keys: 15, expires: 4 }]]));
    expect(sum('r2')).toContain('redis_version:7.0.15');
    expect(keyspace.runId).toMatch(/^[0-9a-f]{40}$/);
    expect(parseKeyspace(sum('restarted')).runId).not.toBe(keyspace.runId);
    expect(() => sumOfInfo([new RedisErrorReply('NOPERM no')], '')).toThrow(/NOPERM/);
  });
});

describe('a pipeline that is spread over nodes', () => {
  const slotsIn = (...commands: Command[]) => slotsOf(splitCommands(encodeCommands(commands)));

  it('is taken apart into the commands it was made of', () => {
    const binary = Buffer.from([0, 13, 10, 255, 42, 36]);
    const encoded = encodeCommands([['SET', binary, binary], ['TIME'], ['set', '', 'x'.repeat(20_000)]]);
    const split = splitCommands(encoded);
    expect(split.map(({ name, args }) => [name, args.length])).toEqual([
      ['SET', 2],
      ['TIME', 0],
      ['SET', 2],
    ]);
    expect(split[0]?.args[1]?.equals(binary)).toBe(true);
    expect(Buffer.concat(split.map((one) => one.bytes)).equals(encoded.bytes)).toBe(true);
  });

  it('goes by the first key of each command', () => {
    const foo = slotOfKey(bytes('foo'));
    expect(
      slotsIn(['GETRANGE', 'foo', '0', '1'], ['XINFO', 'STREAM', 'foo'], ['MEMORY', 'USAGE', 'foo']),
    ).toEqual([foo, foo, foo]);
    expect(slotsIn(['EVAL', 'return 1', '1', 'foo'], ['HSCAN', 'foo', '0'])).toEqual([foo, foo]);
    expect(slotsIn(['TIME'], ['PING'], ['INFO', 'server'])).toEqual([undefined, undefined, undefined]);
  });

  it('keeps a transaction together', () => {
    const [foo, bar] = [slotOfKey(bytes('foo')), slotOfKey(bytes('bar'))];
    expect(
      slotsIn(
        ['MULTI'],
        ['DEL', 'foo'],
        ['TIME'],
        ['EXEC'],
        ['DEL', 'bar'],
        ['MULTI'],
        ['DEL', 'bar'],
        ['EXEC'],
      ),
    ).toEqual([foo, foo, foo, foo, bar, bar, bar, bar]);
  });
});

describe('a cursor over all nodes', () => {
  it('goes from node to node, and ends after the last', () => {
    expect(readCursor('0', 3)).toEqual({ node: 0, cursor: '0' });
    expect(readCursor('1234', 3)).toEqual({ node: 0, cursor: '1234' });
    expect(cursorAfter({ node: 0, cursor: '77' }, 3)).toBe('0.77');
    expect(cursorAfter({ node: 0, cursor: '0' }, 3)).toBe('1.0');
    expect(readCursor('2.18446744073709551615', 3)).toEqual({ node: 2, cursor: '18446744073709551615' });
    expect(cursorAfter({ node: 2, cursor: '0' }, 3)).toBe('0');
  });

  it('begins again where its node is gone', () => {
    expect(readCursor('3.55', 3)).toEqual({ node: 0, cursor: '0' });
  });

  it('takes the place of the cursor in a page, whatever the keys are', () => {
    const page = bytes('*2\r\n$2\r\n17\r\n*2\r\n$1\r\na\r\n$4\r\n\r\n*2\r\n');
    expect(cursorOf(page)).toBe('17');
    const changed = scanPageOf(withCursor(page, '2.17'));
    expect(changed).toEqual({ cursor: '2.17', elements: [bytes('a'), bytes('\r\n*2')] });
    expect(cursorOf(bytes('-ERR no\r\n'))).toBeUndefined();
  });
});

/** A server that answers by name of the command, and counts who connected to it. */
function serverThat(replies: Record<string, string>): {
  opened: RedisEndpoint[];
  closed: string[];
  open: (endpoint: RedisEndpoint) => Promise<RedisConnection>;
} {
  const opened: RedisEndpoint[] = [];
  const closed: string[] = [];
  const answer = (commands: EncodedCommands) =>
    splitCommands(commands).map(({ name }) => bytes(replies[name] ?? '-ERR unknown command\r\n'));
  return {
    opened,
    closed,
    open: async (endpoint) => {
      opened.push(endpoint);
      return {
        command: async (...command) => {
          const [raw] = answer(encodeCommands([command]));
          return raw === undefined ? null : decodeReply(raw);
        },
        pipeline: async (commands) => answer(commands),
        close: () => closed.push(endpoint.host),
      };
    },
  };
}
const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const LIMITS = { connectTimeoutMs: 1_000, commandTimeoutMs: 1_000 };
const ENDPOINT = { host: 'proxy', port: 6379, password: 'secret' };

describe('what is behind an address', () => {
  it.each([
    ['a 2.8, which knows no clusters', { INFO: bulk('') }],
    ['a server that refuses INFO', { INFO: '-NOPERM no\r\n' }],
    ['a server of its own', { INFO: bulk('cluster_enabled:0\r\n') }],
    ['a proxy that does not list its nodes', { INFO: bulk('cluster_enabled:1\r\n') }],
    [
      'a proxy that lists nodes and answers for all of them',
      { INFO: bulk('cluster_enabled:1\r\n'), CLUSTER: bulk(NODES), TYPE: '+none\r\n' },
    ],
  ])('is taken as it is: %s', async (_, replies: Record<string, string>) => {
    const server = serverThat(replies);
    await openAllNodes(server.open, ENDPOINT, LIMITS);
    expect(server.opened).toEqual([ENDPOINT]);
  });

  it('is opened node by node when it sends us elsewhere, with the same credentials', async () => {
    const settled = NODES.replace(` [93->-${B}]`, '');
    const replies = { INFO: bulk('cluster_enabled:1\r\n'), TYPE: '-MOVED 1 10.0.0.2:6379\r\n' };
    const server = serverThat({ ...replies, CLUSTER: bulk(settled) });
    await openAllNodes(server.open, ENDPOINT, LIMITS);
    expect(server.opened.slice(1)).toEqual([
      { ...ENDPOINT, host: '10.0.0.2' },
      { ...ENDPOINT, host: '10.0.0.3' },
    ]);
    const byReplica = settled.replace('myself,master', 'master').replace('16379 slave', '16379 myself,slave');
    const replica = serverThat({ ...replies, CLUSTER: bulk(byReplica) });
    await openAllNodes(replica.open, ENDPOINT, LIMITS);
    expect(replica.opened.map(({ host }) => host)).toEqual(['proxy', '10.0.0.1', '10.0.0.2', '10.0.0.3']);
    expect(replica.closed).toEqual(['proxy']);
    const notReady = { code: 'COMPARE_NOT_READY', retryable: true };
    const moving = serverThat({ ...replies, CLUSTER: bulk(NODES) });
    await expect(openAllNodes(moving.open, ENDPOINT, LIMITS)).rejects.toMatchObject(notReady);
    expect(moving.closed).toEqual(moving.opened.map(({ host }) => host));
    const partial = serverThat({ ...replies, CLUSTER: bulk(settled.replace('10923-16383', '10923-16000')) });
    await expect(openAllNodes(partial.open, ENDPOINT, LIMITS)).rejects.toMatchObject({
      ...notReady,
      message: expect.stringContaining('383 slots'),
    });
  });

  it('answers a PING when every node has, so that none is slow unnoticed', async () => {
    const settled = NODES.replace(` [93->-${B}]`, '');
    const replies = { INFO: bulk('cluster_enabled:1\r\n'), TYPE: '-MOVED 1 10.0.0.2:6379\r\n' };
    const server = serverThat({ ...replies, CLUSTER: bulk(settled), PING: '+PONG\r\n' });
    const asked: string[] = [];
    let wake = () => {};
    const awake = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const open = async (endpoint: RedisEndpoint): Promise<RedisConnection> => {
      const connection = await server.open(endpoint);
      return {
        ...connection,
        pipeline: async (commands) => {
          if (splitCommands(commands)[0]?.name === 'PING') {
            asked.push(endpoint.host);
            if (endpoint.host === '10.0.0.3') await awake;
          }
          return connection.pipeline(commands);
        },
      };
    };
    const cluster = await openAllNodes(open, ENDPOINT, LIMITS);
    let answer: unknown;
    const pinged = cluster.command('PING').then((reply) => {
      answer = reply;
    });
    await new Promise(setImmediate);
    expect(asked).toEqual(['proxy', '10.0.0.2', '10.0.0.3']);
    expect(answer).toBeUndefined();
    wake();
    await pinged;
    expect(answer).toBe('PONG');
  });
});
