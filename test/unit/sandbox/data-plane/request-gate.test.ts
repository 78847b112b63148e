import { beforeEach, describe, expect, it } from 'vitest';
import { RequestGate } from '../../../../src/sandbox/cloud/data-plane/proxy/request-gate.ts';
import { newSession, type Session } from '../../../../src/sandbox/cloud/data-plane/proxy/session.ts';
import type { Ticket } from '../../../../src/sandbox/cloud/data-plane/proxy/ticket.ts';
import type { Reply } from '../../../../src/sandbox/cloud/data-plane/resp/decode-reply.ts';
import { encodeCommand } from '../../../../src/sandbox/cloud/data-plane/resp/encode-command.ts';
import { RequestParser } from '../../../../src/sandbox/cloud/data-plane/resp/request-parser.ts';
import { commandTable } from '../../../../src/sandbox/cloud/data-plane/versions/command-table.ts';

const flags: Record<string, string[]> = {
  get: ['readonly'],
  set: ['write'],
  del: ['write'],
  ping: ['fast'],
  multi: [],
  exec: [],
  discard: [],
  eval: ['noscript'],
  evalsha: ['noscript'],
  pfcount: ['readonly'],
  subscribe: ['pubsub'],
  unsubscribe: ['pubsub'],
};
const answer: Reply = Object.entries(flags).map(([name, words]) => [Buffer.from(name), 1, words, 0, 0, 0]);

const fence = { readOnly: false, serverRefusesWritingScripts: true };
let session: Session;
let gate: RequestGate;

beforeEach(() => {
  fence.readOnly = false;
  fence.serverRefusesWritingScripts = true;
  session = newSession();
  gate = new RequestGate({
    version: '7.0',
    architecture: 'standard',
    posesAs: undefined,
    commands: commandTable(answer, undefined),
    fence,
  });
});

function judge(...args: (string | Buffer)[]): Ticket {
  const request = new RequestParser();
  request.push(encodeCommand(args));
  request.next();
  return gate.judge(request, session);
}

const answerTo = (...args: string[]) => judge(...args).answer?.toString();
const readOnly = "-READONLY You can't write against a read only instance.\r\n";

describe('the gate', () => {
  it('tells reads, writes and the rest apart, in any case of letters', () => {
    expect(judge('GET', 'k')).toMatchObject({ category: 'read', mayWrite: false, send: 'asIs' });
    expect(judge('sEt', 'k', 'v')).toMatchObject({ category: 'write', mayWrite: true, send: 'asIs' });
    expect(judge('PING')).toMatchObject({ category: 'other', mayWrite: false });
    expect(judge('EVAL', 'x', '0')).toMatchObject({ category: 'write', mayWrite: true });
  });

  it('holds only EXEC for a write when the transaction has one', () => {
    judge('MULTI');
    expect(judge('SET', 'k', 'v').mayWrite).toBe(false);
    expect(judge('EXEC').mayWrite).toBe(true);
    judge('MULTI');
    judge('GET', 'k');
    expect(judge('EXEC').mayWrite).toBe(false);
    judge('MULTI');
    judge('SET', 'k', 'v');
    judge('DISCARD');
    expect(judge('EXEC').mayWrite).toBe(false);
  });

  it('lets a transaction fail when one of its commands was refused', () => {
    judge('MULTI');
    expect(answerTo('NONSENSE')).toContain('unknown command');
    const exec = judge('EXEC');
    expect(exec.send).toEqual([encodeCommand(['DISCARD'])]);
    expect(exec.transform?.([Buffer.from('+OK\r\n')]).toString()).toMatch(/^-EXECABORT/);
    expect(judge('EXEC').send).toBe('asIs');
  });

  it('expects a confirmation for each channel', () => {
    expect(judge('SUBSCRIBE', 'a', 'b').replies).toBe(2);
    expect(judge('UNSUBSCRIBE', 'a').replies).toBe(1);
    judge('SUBSCRIBE', 'c');
    expect(judge('UNSUBSCRIBE').replies).toBe(2);
    expect(judge('UNSUBSCRIBE').replies).toBe(1);
  });
});

describe('the gate of a read-only instance', () => {
  beforeEach(() => {
    fence.readOnly = true;
  });

  it('refuses writes, and PFCOUNT, which writes into what it reads', () => {
    expect(answerTo('SET', 'k', 'v')).toBe(readOnly);
    expect(answerTo('DEL', 'none')).toBe(readOnly);
    expect(answerTo('PFCOUNT', 'k')).toBe(readOnly);
    expect(answerTo('GET', 'k')).toBeUndefined();
  });

  it('sends scripts in their read-only form, arguments untouched, and words the refusal like its own', () => {
    const binary = Buffer.from([0, 13, 10, 255]);
    const ticket = judge('EVALSHA', 'sha', '1', 'k', binary);
    expect(ticket).toMatchObject({ category: 'read', mayWrite: false });
    expect(ticket.send).toEqual([encodeCommand(['EVALSHA_RO', 'sha', '1', 'k', binary])]);
    const refused =
      '-ERR Write commands are not allowed from read-only scripts. script: x, on @user_script:1.\r\n';
    expect(ticket.transform?.([Buffer.from(refused)]).toString()).toBe(readOnly);
    expect(ticket.transform?.([Buffer.from('$1\r\nv\r\n')]).toString()).toBe('$1\r\nv\r\n');
  });

  it('refuses every script when the server has no read-only form of them', () => {
    fence.serverRefusesWritingScripts = false;
    expect(answerTo('EVAL', 'return 1', '0')).toBe(readOnly);
    expect(answerTo('EVALSHA', 'sha', '0')).toBe(readOnly);
  });

  it('discards a transaction that had a write or a script before the switch', () => {
    for (const queued of [
      ['SET', 'k', 'v'],
      ['EVAL', 'x', '0'],
      ['PFCOUNT', 'k'],
    ]) {
      fence.readOnly = false;
      judge('MULTI');
      judge(...queued);
      fence.readOnly = true;
      const exec = judge('EXEC');
      expect(exec.send).toEqual([encodeCommand(['DISCARD'])]);
      expect(exec.transform?.([Buffer.from('+OK\r\n')]).toString()).toMatch(/^-EXECABORT .*READONLY/);
    }
  });
});
