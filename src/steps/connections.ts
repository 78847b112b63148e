import { z } from 'zod';
import type { RedisConnection } from '../compare/wire/redis-connection.ts';
import { encodeCommands } from '../compare/wire/resp-commands.ts';
import { RedisErrorReply, type Reply } from '../compare/wire/resp-reply.ts';
import { OperatingError } from '../upgrade/operating-error.ts';
import { OUR_CONNECTION_NAME, unexpected } from './redis-access.ts';

/** A client's connection as the server sees it. */
export interface ClientConnection {
  /** `10.0.0.9:51234`: the server's name for it in CLIENT KILL. */
  address: string;
  /** The address without the port, which is another one after every reconnect. */
  ip: string;
  /** By CLIENT SETNAME; empty when it was never named. */
  name: string;
  ageSeconds: number;
  idleSeconds: number;
  /** The last command, in lower case: `set`. */
  command: string;
}

/** The server does not let anybody see or tell apart its connections, as proxies may not: how many there are is not known. */
export type Unknown = 'unknown';

export interface EndedConnections {
  /** Those that were there and are not any more. */
  ended: ClientConnection[];
  /** Those there are now, whether they came back or could not be ended. */
  left: ClientConnection[];
}

/** A round is one look and one blow; who comes back faster than this is left. */
const MAX_ROUNDS = 3;
/** Up to so many are ended one by one, which spares every other connection; the server's work grows with the square. */
const MAX_BY_ADDRESS = 200;
/** CLIENT KILL commands in one pipeline. */
const ADDRESSES_AT_ONCE = 500;

/**
 * The connections of clients: neither ours, which carry a name, nor those of replicas, of a master or of MONITOR. A sync job
 * reads as a replica does and is not among them; what else it may hold open cannot be told from a client. Behind the
 * proxy of a cluster they are what that proxy lists. Rejects when the answer cannot be read: it never means "none".
 */
export async function ordinaryConnections(
  connection: RedisConnection,
): Promise<ClientConnection[] | Unknown> {
  const listed = await listConnections(connection);
  return listed === 'unknown' ? 'unknown' : listed.clients;
}

/**
 * Ends the connections of clients and looks again, a few times. A client may reconnect at any time: to keep it out its
 * address or its right to write has to go. Where the server ends only all connections at once, those of MONITOR end as well.
 */
export async function endOrdinaryConnections(
  connection: RedisConnection,
): Promise<EndedConnections | Unknown> {
  const struck = new Map<string, ClientConnection>();
  for (let round = 0; ; round++) {
    const listed = await listConnections(connection);
    if (listed === 'unknown') return 'unknown';
    const { clients, ours } = listed;
    if (clients.length === 0 || round === MAX_ROUNDS) {
      for (const { address } of clients) struck.delete(address);
      return { ended: [...struck.values()], left: clients };
    }
    for (const client of clients) struck.set(client.address, client);
    const few = clients.length <= MAX_BY_ADDRESS || ours > 1;
    if (few || !(await endAll(connection))) await endEach(connection, clients);
  }
}

/** Every connection but this one, in one pass of the server. False where the server knows no such form (2.8 before 2.8.12). */
async function endAll(connection: RedisConnection): Promise<boolean> {
  const kill = (type: string) => connection.command('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
  const replies = await Promise.all([kill('normal'), kill('pubsub')]);
  return replies.every((reply) => typeof reply === 'number');
}

/** What is refused shows in the next look; a connection that is gone by itself is refused too. */
async function endEach(connection: RedisConnection, clients: readonly ClientConnection[]): Promise<void> {
  for (let from = 0; from < clients.length; from += ADDRESSES_AT_ONCE) {
    const batch = clients.slice(from, from + ADDRESSES_AT_ONCE);
    await connection.pipeline(encodeCommands(batch.map(({ address }) => ['CLIENT', 'KILL', address])));
  }
}

interface Listed {
  clients: ClientConnection[];
  /** Connections of ours, this one included. */
  ours: number;
}

async function listConnections(connection: RedisConnection): Promise<Listed | Unknown> {
  // Named in the same round trip, so that this one is never taken for a client.
  const [named, list] = await Promise.all([
    connection.command('CLIENT', 'SETNAME', OUR_CONNECTION_NAME),
    connection.command('CLIENT', 'LIST'),
  ]);
  if (isNotSupported(named) || isNotSupported(list)) return 'unknown';
  if (named !== 'OK') throw unexpected('CLIENT SETNAME', named);
  if (!Buffer.isBuffer(list)) throw unexpected('CLIENT LIST', list);
  const lines = list.toString('utf8').split('\n').filter(Boolean).map(readLine);
  const ours = lines.filter(({ name }) => name === OUR_CONNECTION_NAME).length;
  // This connection is one of them, or what was listed is not what was asked for.
  if (ours === 0) throw unreadable('it does not have this connection');
  const clients = lines.filter(({ name, flags }) => name !== OUR_CONNECTION_NAME && !LINKS.test(flags));
  return { clients: clients.map(({ flags: _flags, ...client }) => client), ours };
}

/** Replica, MONITOR, master. */
const LINKS = /[SOM]/;

/** "Unknown command", "not supported", no right to it: never. Any other error may pass: the server loads, is busy, knows no password yet. */
function isNotSupported(reply: Reply): boolean {
  return reply instanceof RedisErrorReply && (reply.code === 'ERR' || reply.code === 'NOPERM');
}

const lineSchema = z.object({
  addr: z.string().regex(/:\d+$/),
  name: z.string().default(''),
  age: z.coerce.number(),
  idle: z.coerce.number(),
  flags: z.string().min(1),
  cmd: z.string().default(''),
});

/** `id=3 addr=10.0.0.9:51234 fd=8 name=web age=12 idle=0 flags=N … cmd=set`; the rest differs by version. */
function readLine(line: string): ClientConnection & { flags: string } {
  const pairs = line
    .trim()
    .split(' ')
    .map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)] as const);
  const read = lineSchema.safeParse(Object.fromEntries(pairs));
  if (!read.success) throw unreadable('a line has another form');
  const { addr, name, age, idle, flags, cmd } = read.data;
  return {
    address: addr,
    ip: addr.slice(0, addr.lastIndexOf(':')),
    name,
    ageSeconds: age,
    idleSeconds: idle,
    command: cmd.toLowerCase(),
    flags,
  };
}

function unreadable(why: string): OperatingError {
  return new OperatingError('REDIS_UNEXPECTED', `reading CLIENT LIST: ${why}`, { retryable: true });
}
