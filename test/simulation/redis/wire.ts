import { RedisErrorReply, type Reply } from '../../../src/compare/wire/resp-reply.ts';
import type { Answer } from './commands.ts';

/** An answer as the bytes a server sends. */
export function encodeAnswer(answer: Answer): Buffer {
  return Buffer.from(encode(answer), 'latin1');
}

function encode(answer: Answer): string {
  if (answer === null) return '$-1\r\n';
  if (typeof answer === 'number') return `:${answer}\r\n`;
  if (typeof answer === 'string') return `$${answer.length}\r\n${answer}\r\n`;
  if (Array.isArray(answer)) return `*${answer.length}\r\n${answer.map(encode).join('')}`;
  return 'error' in answer ? `-${answer.error}\r\n` : `+${answer.status}\r\n`;
}

/** An answer as the product's connection gives it. */
export function replyOf(answer: Answer): Reply {
  if (answer === null || typeof answer === 'number') return answer;
  if (typeof answer === 'string') return Buffer.from(answer, 'latin1');
  if (Array.isArray(answer)) return answer.map(replyOf);
  return 'error' in answer ? new RedisErrorReply(answer.error) : answer.status;
}

/** The commands in a buffer that holds whole ones only. */
export function decodeCommands(bytes: Buffer): string[][] {
  const text = bytes.toString('latin1');
  const commands: string[][] = [];
  let at = 0;
  const number = () => {
    const end = text.indexOf('\r\n', at);
    const value = Number(text.slice(at + 1, end));
    at = end + 2;
    return value;
  };
  while (at < text.length) {
    const count = number();
    const parts: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const length = number();
      parts.push(text.slice(at, at + length));
      at += length + 2;
    }
    commands.push(parts);
  }
  return commands;
}

/** A command's parts as text, one character a byte. */
export function latin1(part: string | Buffer): string {
  return typeof part === 'string' ? Buffer.from(part, 'utf8').toString('latin1') : part.toString('latin1');
}
