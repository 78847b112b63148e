import { connect, type Socket } from 'node:net';
import { CompareError, refusal } from './compare-error.ts';
import type { RawReply } from './raw-reply.ts';
import { ReplyBlock } from './reply-block.ts';
import { type Command, type EncodedCommands, encodeCommands } from './resp-commands.ts';
import { decodeReply, RedisErrorReply, type Reply } from './resp-reply.ts';
import { ReplyScanner } from './resp-scanner.ts';

/** Where a Redis server or a proxy in front of a cluster can be reached, and who we are there. */
export interface RedisEndpoint {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
}

/** Limits of one connection. */
export interface ConnectionLimits {
  /** From the first SYN to the answer to AUTH and PING. */
  readonly connectTimeoutMs: number;
  /** For a whole pipeline, from the write to the last reply. */
  readonly commandTimeoutMs: number;
  /** Replies above this are hashed and dropped (`OversizeReply`), 64 MiB unless told. */
  readonly maxReplyBytes?: number;
}

/**
 * One connection, authenticated and answering. Commands are pipelined in the order of the calls. Every promise is rejected with a
 * `CompareError` when the connection breaks or does not answer in time; after that the connection is closed for good.
 */
export interface RedisConnection {
  /** Sends one command; error replies come back as `RedisErrorReply`, they are not thrown. */
  command(...command: (string | Buffer)[]): Promise<Reply>;
  /** Sends several commands in one write and gives their raw replies, in order. */
  pipeline(commands: EncodedCommands): Promise<RawReply[]>;
  /**
   * The same into a block of the caller's, which must not be used for anything else until this is done. What stands in for a
   * connection may lack it; `readBlock` then does without.
   */
  readInto?(block: ReplyBlock, commands: EncodedCommands): Promise<void>;
  /** Bytes that came in so far. */
  readonly bytesRead?: number;
  /** Closes at once; pending commands are rejected with `COMPARE_CLOSED`. May be called more than once. */
  close(): void;
}

interface PendingPipeline {
  readonly expected: number;
  readonly block: ReplyBlock;
  readonly resolve: () => void;
  readonly reject: (error: CompareError) => void;
  readonly timer: NodeJS.Timeout;
}

const DEFAULT_MAX_REPLY_BYTES = 64 * 1024 * 1024;
/** What is read from the socket at a time, into memory that is used again. */
const CHUNK_BYTES = 64 * 1024;

class SocketConnection implements RedisConnection {
  readonly #socket: Socket;
  readonly #label: string;
  readonly #commandTimeoutMs: number;
  readonly #scanner: ReplyScanner;
  readonly #pending: PendingPipeline[] = [];
  #failure: CompareError | undefined;

  constructor(socket: Socket, label: string, limits: ConnectionLimits) {
    this.#socket = socket;
    this.#label = label;
    this.#commandTimeoutMs = limits.commandTimeoutMs;
    this.#scanner = new ReplyScanner(limits.maxReplyBytes ?? DEFAULT_MAX_REPLY_BYTES);
    socket.on('error', (error) =>
      this.#fail(
        new CompareError('COMPARE_CONNECT', `talking to ${label}: ${error.message}`, { cause: error }),
      ),
    );
    socket.on('close', () =>
      this.#fail(new CompareError('COMPARE_CONNECT', `talking to ${label}: the connection was closed`)),
    );
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  async command(...command: Command): Promise<Reply> {
    const [raw] = await this.pipeline(encodeCommands([command]));
    return raw === undefined ? null : decodeReply(raw);
  }

  async pipeline(commands: EncodedCommands): Promise<RawReply[]> {
    const block = new ReplyBlock();
    await this.readInto(block, commands);
    return Array.from({ length: block.count }, (_, index) => block.raw(index));
  }

  readInto(block: ReplyBlock, commands: EncodedCommands): Promise<void> {
    block.clear();
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (commands.count === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#fail(
          new CompareError(
            'COMPARE_TIMEOUT',
            `waiting for ${this.#label}: no answer within ${this.#commandTimeoutMs} ms`,
          ),
        );
      }, this.#commandTimeoutMs);
      this.#pending.push({ expected: commands.count, block, resolve, reject, timer });
      this.#socket.write(commands.bytes);
    });
  }

  /** Takes what came in from the socket. The memory is used again for the next bytes. */
  take(chunk: Buffer): void {
    try {
      let rest: Buffer | undefined = chunk;
      while (rest !== undefined) rest = this.#fill(rest);
    } catch (error) {
      this.#fail(
        error instanceof CompareError
          ? error
          : new CompareError('COMPARE_PROTOCOL', `reading from ${this.#label}`, { cause: error }),
      );
    }
  }

  close(): void {
    this.#fail(new CompareError('COMPARE_CLOSED', `talking to ${this.#label}: closed by its owner`));
  }

  /** Fills the block of the pipeline that is first in line; gives the bytes that belong to the next. */
  #fill(chunk: Buffer): Buffer | undefined {
    if (this.#failure !== undefined) return undefined;
    const current = this.#pending[0];
    if (current === undefined) {
      throw new CompareError(
        'COMPARE_PROTOCOL',
        `reading from ${this.#label}: a reply that nobody asked for`,
      );
    }
    if (!this.#scanner.isWaiting) this.#scanner.begin(current.block, current.expected);
    const rest = this.#scanner.push(chunk);
    if (this.#scanner.isWaiting) return undefined;
    this.#pending.shift();
    clearTimeout(current.timer);
    current.resolve();
    return rest;
  }

  #fail(error: CompareError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#socket.destroy();
    for (const pipeline of this.#pending.splice(0)) {
      clearTimeout(pipeline.timer);
      pipeline.reject(error);
    }
  }
}

/** Reads the replies to a pipeline into this block, from any connection. */
export async function readBlock(
  connection: RedisConnection,
  block: ReplyBlock,
  commands: EncodedCommands,
): Promise<void> {
  if (connection.readInto !== undefined) return connection.readInto(block, commands);
  block.clear();
  for (const raw of await connection.pipeline(commands)) block.add(raw);
}

/** Opens a connection: `openConnection`, or what stands in for it where there are no sockets. */
export type OpenConnection = (endpoint: RedisEndpoint, limits: ConnectionLimits) => Promise<RedisConnection>;

/** How an endpoint is named in messages: never with its password. */
function endpointLabel(endpoint: RedisEndpoint): string {
  return `${endpoint.host}:${endpoint.port}`;
}

/**
 * Connects, authenticates and checks that the server answers. Throws `COMPARE_CONNECT`, `COMPARE_TIMEOUT`, `COMPARE_AUTH` or
 * `COMPARE_NOT_READY`. A password given to a server that has none is not an error: the server is open to us either way.
 */
export async function openConnection(
  endpoint: RedisEndpoint,
  limits: ConnectionLimits,
): Promise<RedisConnection> {
  const label = endpointLabel(endpoint);
  const startedAt = performance.now();
  const receiver: Receiver = { connection: undefined };
  const socket = await openSocket(endpoint, limits.connectTimeoutMs, receiver);
  const left = Math.max(1, limits.connectTimeoutMs - (performance.now() - startedAt));
  const connection = new SocketConnection(socket, label, limits);
  receiver.connection = connection;
  const timer = setTimeout(() => {
    socket.destroy(new Error(`no answer to AUTH or PING within ${limits.connectTimeoutMs} ms`));
  }, left);
  try {
    await authenticate(connection, endpoint);
    const pong = await connection.command('PING');
    if (pong instanceof RedisErrorReply) throw refusal(pong, `connecting to ${label}`);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Who takes the bytes of a socket: they are read without events, and the socket is there before its owner. */
interface Receiver {
  connection: SocketConnection | undefined;
}

function openSocket(endpoint: RedisEndpoint, connectTimeoutMs: number, receiver: Receiver): Promise<Socket> {
  const label = endpointLabel(endpoint);
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  const onread = {
    buffer: chunk,
    callback: (bytes: number) => {
      receiver.connection?.take(chunk.subarray(0, bytes));
      return true;
    },
  };
  return new Promise((resolve, reject) => {
    const socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true, onread });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(
        new CompareError(
          'COMPARE_TIMEOUT',
          `connecting to ${label}: no connection within ${connectTimeoutMs} ms`,
        ),
      );
    }, connectTimeoutMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(
        new CompareError('COMPARE_CONNECT', `connecting to ${label}: ${error.message}`, { cause: error }),
      );
    });
  });
}

async function authenticate(connection: RedisConnection, endpoint: RedisEndpoint): Promise<void> {
  if (endpoint.password === undefined) return;
  const names = endpoint.username === undefined ? [] : [endpoint.username];
  const reply = await connection.command('AUTH', ...names, endpoint.password);
  if (!(reply instanceof RedisErrorReply) || isOpenToAll(reply)) return;
  // The text of the reply is left out on purpose: a proxy may repeat what it was sent.
  throw new CompareError(
    'COMPARE_AUTH',
    `authenticating at ${endpointLabel(endpoint)}: refused (${reply.code})`,
  );
}

/** Up to 5.0: "ERR Client sent AUTH, but no password is set"; since 6.0: "ERR AUTH <password> called without any password configured …". */
function isOpenToAll(reply: RedisErrorReply): boolean {
  return /no password is set|without any password configured/.test(reply.message);
}
