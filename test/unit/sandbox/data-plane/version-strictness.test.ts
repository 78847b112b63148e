import { describe, expect, it } from 'vitest';
import { RequestGate } from '../../../../src/sandbox/cloud/data-plane/proxy/request-gate.ts';
import { newSession } from '../../../../src/sandbox/cloud/data-plane/proxy/session.ts';
import type { Reply } from '../../../../src/sandbox/cloud/data-plane/resp/decode-reply.ts';
import { encodeCommand } from '../../../../src/sandbox/cloud/data-plane/resp/encode-command.ts';
import { RequestParser } from '../../../../src/sandbox/cloud/data-plane/resp/request-parser.ts';
import { commandTable } from '../../../../src/sandbox/cloud/data-plane/versions/command-table.ts';
import {
  helloWithShownVersion,
  posedVersion,
  withShownVersion,
} from '../../../../src/sandbox/cloud/data-plane/versions/posed-version.ts';
import type { EngineVersion } from '../../../../src/sandbox/cloud/data-plane.ts';

const names = (
  'get set del exists unlink touch memory client scan hscan spop zadd xadd hello acl bitfield geoadd hstrlen swapdb ' +
  'object wait cluster eval_ro copy getdel lpos debug eval script restore hset expire zpopmin info flushall bzpopmin'
).split(' ');
const answer: Reply = names.map((name) => [Buffer.from(name), -1, ['write'], 1, 1, 1]);

/** What a posing instance says to the command; undefined when it lets it through. */
function refusalOf(version: EngineVersion, command: string): string | undefined {
  const gate = new RequestGate({
    version,
    architecture: 'standard',
    posesAs: version,
    commands: commandTable(answer, version),
    fence: { readOnly: false, serverRefusesWritingScripts: true },
  });
  const request = new RequestParser();
  request.push(encodeCommand(command.split(' ')));
  request.next();
  return gate.judge(request, newSession()).answer?.toString();
}

describe('an instance that poses as 2.8', () => {
  it.each([
    'UNLINK k',
    'TOUCH k',
    'MEMORY USAGE k',
    'XADD s * f v',
    'HELLO 3',
    'ACL LIST',
    'BITFIELD k',
    'GEOADD k 1 2 m',
    'HSTRLEN h f',
    'SWAPDB 0 1',
    'WAIT 0 0',
    'CLUSTER INFO',
    'EVAL_RO x 0',
    'COPY a b',
    'GETDEL k',
    'LPOS l x',
    'nonsense',
  ])('does not know %s', (command) => {
    expect(refusalOf('2.8', command)).toBe(`-ERR unknown command '${command.split(' ')[0]}'\r\n`);
  });

  it.each([
    [
      'CLIENT PAUSE 1',
      'ERR Syntax error, try CLIENT (LIST | KILL ip:port | GETNAME | SETNAME connection-name)',
    ],
    ['OBJECT FREQ k', 'ERR Syntax error. Try OBJECT (refcount|encoding|idletime)'],
    [
      'DEBUG DIGEST-VALUE k',
      'ERR Syntax error, try DEBUG [SEGFAULT|OBJECT <key>|SWAPIN <key>|SWAPOUT <key>|RELOAD]',
    ],
    ['EXISTS a b', "ERR wrong number of arguments for 'exists' command"],
    ['SPOP s 2', "ERR wrong number of arguments for 'spop' command"],
    ['HSET h a 1 b 2', "ERR wrong number of arguments for 'hset' command"],
    ['SCAN 0 TYPE string', 'ERR syntax error'],
    ['SCAN 0 COUNT 5 TYPE string', 'ERR syntax error'],
    ['SET k v KEEPTTL', 'ERR syntax error'],
    ['SET k v GET', 'ERR syntax error'],
    ['SET k v EX 5 KEEPTTL', 'ERR syntax error'],
    ['ZADD z NX 1 m', 'ERR syntax error'],
    ['ZADD z CH 1 m', 'ERR syntax error'],
    ['EXPIRE k 5 NX', "ERR wrong number of arguments for 'expire' command"],
  ])('refuses %s in its own words', (command, text) => {
    expect(refusalOf('2.8', command)).toBe(`-${text}\r\n`);
  });

  it.each([
    'GET k',
    'SET k v EX 5 NX',
    'SET get get',
    'DEL a b',
    'EXISTS a',
    'EVAL x 0',
    'SCRIPT LOAD x',
    'SCAN 0',
    'SCAN 0 MATCH type',
    'HSCAN h 0',
    'SPOP s',
    'ZADD z 1 nx',
    'HSET h nx xx',
    'CLIENT LIST',
    'CLIENT KILL TYPE normal',
    'OBJECT ENCODING k',
    'EXPIRE nx 5',
    'RESTORE k 0 payload',
    'DEBUG DIGEST',
  ])('serves %s', (command) => {
    expect(refusalOf('2.8', command)).toBeUndefined();
  });
});

describe('an instance that poses as 4.0', () => {
  it.each(['XADD s * f v', 'HELLO 3', 'ACL LIST', 'ZPOPMIN z', 'BZPOPMIN z 0', 'LPOS l x', 'COPY a b'])(
    'does not know %s',
    (command) =>
      expect(refusalOf('4.0', command)).toBe(`-ERR unknown command '${command.split(' ')[0]}'\r\n`),
  );

  it.each([
    ['SCAN 0 TYPE string', 'ERR syntax error'],
    ['SET k v KEEPTTL', 'ERR syntax error'],
    ['CLIENT TRACKING on', 'ERR Syntax error, try CLIENT (LIST | KILL | GETNAME | SETNAME | PAUSE | REPLY)'],
  ])('refuses %s in its own words', (command, text) => {
    expect(refusalOf('4.0', command)).toBe(`-${text}\r\n`);
  });

  it.each([
    'UNLINK k',
    'TOUCH k',
    'MEMORY USAGE k',
    'EXISTS a b',
    'SPOP s 2',
    'ZADD z NX 1 m',
    'SWAPDB 0 1',
    'CLIENT PAUSE 1',
    'RESTORE k 0 payload REPLACE',
    'FLUSHALL ASYNC',
    'HSET h a 1 b 2',
  ])('serves %s', (command) => expect(refusalOf('4.0', command)).toBeUndefined());
});

describe('later versions', () => {
  it('quote the arguments of a command they do not know', () => {
    expect(refusalOf('5.0', 'foo a b')).toBe(
      '-ERR unknown command `foo`, with args beginning with: `a`, `b`, \r\n',
    );
    expect(refusalOf('7.0', 'foo a b')).toBe(
      "-ERR unknown command 'foo', with args beginning with: 'a' 'b' \r\n",
    );
  });

  it('have what came with them', () => {
    expect(refusalOf('5.0', 'XADD s * f v')).toBeUndefined();
    expect(refusalOf('6.2', 'SCAN 0 TYPE string')).toBeUndefined();
    expect(refusalOf('7.0', 'EXPIRE k 5 NX')).toBeUndefined();
  });
});

describe('the shown version', () => {
  it('is put into INFO with the length that belongs to it', () => {
    const info = '# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n';
    const changed = withShownVersion(Buffer.from(`$${info.length}\r\n${info}\r\n`), '2.8').toString();
    expect(changed).toBe('$55\r\n# Server\r\nredis_version:2.8.24\r\nredis_mode:standalone\r\n\r\n');
  });

  it('leaves an error alone', () => {
    const error = Buffer.from('-NOAUTH Authentication required.\r\n');
    expect(withShownVersion(error, '2.8')).toBe(error);
  });

  it('is put into HELLO', () => {
    const hello = '*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n';
    expect(helloWithShownVersion(Buffer.from(hello), '6.2').toString()).toContain(
      'version\r\n$6\r\n6.2.14\r\n',
    );
  });

  it('is the real one when the server is of that line', () => {
    expect(posedVersion('2.8', '2.8.24')).toBeUndefined();
    expect(posedVersion('4.0', '4.0.14')).toBeUndefined();
    expect(posedVersion('2.8', '7.0.15')).toBe('2.8');
  });
});
