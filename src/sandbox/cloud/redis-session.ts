import { connect, type Socket } from 'node:net';

export interface RedisPlace {
  place: { path: string } | { host: string; port: number };
  /** Undefined: no AUTH is sent. */
  password: string | undefined;
  timeoutMs: number;
}

/**
 * Opens a connection, logs in, sends the commands and resolves with one text a command: the content of its reply
 * (a nested reply is not supported). Rejects when the place does not answer in time or when a reply is an error, the
 * login's included.
 */
export async function askRedis(commands: readonly string[][], options: RedisPlace): Promise<string[]> {
  const login = options.password === undefined ? [] : [['AUTH', options.password]];
  const all = [...login, ...commands];
  const replies = await exchange(all.map(encode).join(''), all.length, options);
  return replies.slice(login.length);
}

function exchange(request: string, count: number, options: RedisPlace): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ ...options.place });
    let received: Buffer = Buffer.alloc(0);
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(options.timeoutMs, () => fail(new Error('No answer in time')));
    socket.once('error', fail);
    socket.once('close', () => fail(new Error('The connection was closed')));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      try {
        const replies = decode(received, count);
        if (replies === undefined) return;
        socket.removeAllListeners('close');
        socket.destroy();
        resolve(replies);
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.write(request);
  });
}

function encode(command: readonly string[]): string {
  const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
  return `*${command.length}\r\n${parts.join('')}`;
}

/** The first `count` replies; undefined when they have not all arrived. Throws the text of the first error reply. */
function decode(bytes: Buffer, count: number): string[] | undefined {
  const replies: string[] = [];
  let at = 0;
  while (replies.length < count) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const line = bytes.toString('utf8', at + 1, end);
    const kind = String.fromCharCode(bytes[at] ?? 0);
    at = end + 2;
    if (kind === '-') throw new Error(line);
    if (kind === '$' && line !== '-1') {
      const length = Number(line);
      if (bytes.length < at + length + 2) return undefined;
      replies.push(bytes.toString('utf8', at, at + length));
      at += length + 2;
    } else {
      replies.push(line);
    }
  }
  return replies;
}
