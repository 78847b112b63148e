import { describe, expect, it } from 'vitest';
import type { RedisConnection } from '../../../src/compare/wire/redis-connection.ts';
import { RedisErrorReply, type Reply } from '../../../src/compare/wire/resp-reply.ts';
import { endOrdinaryConnections, ordinaryConnections } from '../../../src/steps/connections.ts';

const OURS = 'id=2 addr=10.0.0.1:40000 fd=9 name=redis-upgrade age=0 idle=0 flags=N db=0 sub=0 cmd=client';
/** As 2.8.0 says it: without an id. */
const CLIENT =
  'addr=10.0.0.9:50000 fd=8 name= age=12 idle=3 flags=N db=0 sub=0 psub=0 multi=-1 events=r cmd=set';
const IPV6 = 'id=7 addr=[fd00::9]:50001 fd=8 name=web age=1 idle=1 flags=b db=0 cmd=client|list user=default';
const error = (message: string) => new RedisErrorReply(message);
const list = (...lines: string[]) => Buffer.from(`${lines.join('\n')}\n`);

/** A server that answers by the first two words, and removes whom it is told to kill by address when it knows that form only. */
function old(lines: string[], answers: Record<string, Reply> = {}) {
  const killed: string[] = [];
  const connection: RedisConnection = {
    command: async (...words) => {
      const name = words.slice(0, 2).join(' ');
      const told = answers[name];
      if (told !== undefined) return told;
      if (name === 'CLIENT SETNAME') return 'OK';
      if (name === 'CLIENT LIST') return list(...lines);
      return error('ERR Syntax error, try CLIENT (LIST | KILL ip:port | GETNAME | SETNAME connection-name)');
    },
    pipeline: async ({ bytes }) => {
      const [address] = /\d+\.\d+\.\d+\.\d+:\d+/.exec(bytes.toString()) ?? [];
      killed.push(String(address));
      lines.splice(0, lines.length, ...lines.filter((line) => !line.includes(`addr=${address} `)));
      return [];
    },
    close: () => undefined,
  };
  return { connection, killed };
}

describe('the list of connections', () => {
  it('is read in the forms of old and new versions', async () => {
    expect(await ordinaryConnections(old([OURS, CLIENT, IPV6]).connection)).toEqual([
      { address: '10.0.0.9:50000', ip: '10.0.0.9', name: '', ageSeconds: 12, idleSeconds: 3, command: 'set' },
      {
        address: '[fd00::9]:50001',
        ip: '[fd00::9]',
        name: 'web',
        ageSeconds: 1,
        idleSeconds: 1,
        command: 'client|list',
      },
    ]);
  });

  it.each(['S', 'M', 'O', 'xM', 'Sb'])('leaves out the link with flags %s', async (flags) => {
    expect(
      await ordinaryConnections(old([OURS, CLIENT.replace('flags=N', `flags=${flags}`)]).connection),
    ).toEqual([]);
  });

  it.each(["ERR unknown command 'CLIENT'", 'ERR command not support', "NOPERM can't run this command"])(
    'is unknown when the server says "%s" to either command, and nothing is ended',
    async (message) => {
      for (const command of ['CLIENT LIST', 'CLIENT SETNAME']) {
        const server = old([OURS, CLIENT], { [command]: error(message) });
        expect(await ordinaryConnections(server.connection)).toBe('unknown');
        expect(await endOrdinaryConnections(server.connection)).toBe('unknown');
        expect(server.killed).toEqual([]);
      }
    },
  );

  it.each<[string, Reply]>([
    ['LOADING', error('LOADING Redis is loading the dataset in memory')],
    ['NOAUTH', error('NOAUTH Authentication required.')],
    ['an empty list', Buffer.from('')],
    ['a list without us', list(CLIENT)],
    ['a line without an address', list(OURS, 'id=3 fd=8 name= age=12 idle=3 flags=N cmd=set')],
    ['a line without flags', list(OURS, 'id=3 addr=10.0.0.9:1 age=12 idle=3 cmd=set')],
    ['prose', Buffer.from('no clients today')],
    ['nil', null],
    ['a number', 0],
  ])('is an error when the answer is %s, never "none"', async (...[_what, reply]) => {
    await expect(ordinaryConnections(old([OURS], { 'CLIENT LIST': reply }).connection)).rejects.toMatchObject(
      { code: 'REDIS_UNEXPECTED', retryable: true },
    );
  });
});

describe('ending connections', () => {
  it('goes by address where the server knows no other form, and spares links and ours', async () => {
    const replica = 'addr=10.0.0.7:4 fd=8 name= age=1 idle=0 flags=S db=0 cmd=sync';
    const server = old([OURS, replica, CLIENT]);
    expect(await endOrdinaryConnections(server.connection)).toMatchObject({
      ended: [{ address: '10.0.0.9:50000' }],
      left: [],
    });
    expect(server.killed).toEqual(['10.0.0.9:50000']);
  });

  it('falls back to addresses for hundreds as well', async () => {
    const lines = Array.from({ length: 201 }, (_, i) => CLIENT.replace(':50000', `:${50_000 + i}`));
    const all = [OURS, ...lines];
    const server = old(all);
    // Every pipeline of this server removes one; three rounds are all there are.
    expect(await endOrdinaryConnections(server.connection)).toMatchObject({ left: { length: 198 } });
    expect(server.killed).toHaveLength(3);
  });

  it('says who is left when the server ends nobody', async () => {
    const server = old([OURS, CLIENT]);
    server.connection.pipeline = async () => [];
    expect(await endOrdinaryConnections(server.connection)).toMatchObject({
      ended: [],
      left: [{ address: '10.0.0.9:50000' }],
    });
  });
});
