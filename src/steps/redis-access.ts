import {
  type OpenConnection,
  openConnection,
  type RedisConnection,
  type RedisEndpoint,
} from '../compare/wire/redis-connection.ts';
import { RedisErrorReply } from '../compare/wire/resp-reply.ts';
import type { PrivateAddress } from '../upgrade/instance.ts';
import { OperatingError } from '../upgrade/operating-error.ts';
import type { StepSettings } from './settings.ts';

/** Password and account of an instance; undefined when the instance is password-free. */
export interface Credential {
  password: string;
  username?: string | undefined;
}

/** By this name the server lists our connections, so that they are told from those of clients. */
export const OUR_CONNECTION_NAME = 'redis-upgrade';

/** How the steps reach the Redis side of an instance. */
export interface RedisAccess {
  credential(instanceId: string): Credential | undefined;
  endpoint(instanceId: string, address: PrivateAddress): RedisEndpoint;
  /** How a comparison connects to these endpoints. */
  open: OpenConnection;
  /** Opens a connection, hands it over and closes it whatever happens. */
  use<T>(
    instance: { id: string; address: PrivateAddress },
    work: (connection: RedisConnection) => Promise<T>,
  ): Promise<T>;
}

/** By TCP, unless another way to connect is given. */
export function createRedisAccess(
  credentials: ReadonlyMap<string, Credential>,
  settings: StepSettings,
  open: OpenConnection = openConnection,
): RedisAccess {
  function endpoint(instanceId: string, address: PrivateAddress): RedisEndpoint {
    const credential = credentials.get(instanceId);
    return {
      host: address.ip,
      port: address.port,
      ...(credential === undefined ? {} : { password: credential.password }),
      ...(credential?.username === undefined ? {} : { username: credential.username }),
    };
  }
  return {
    credential: (instanceId) => credentials.get(instanceId),
    endpoint,
    open,
    async use(instance, work) {
      const connection = await open(endpoint(instance.id, instance.address), {
        connectTimeoutMs: settings.redisConnectTimeoutMs,
        commandTimeoutMs: settings.redisCommandTimeoutMs,
      });
      // On its way before the first command of the work, whose reply it does not delay. Where it is refused nothing is lost.
      connection.command('CLIENT', 'SETNAME', OUR_CONNECTION_NAME).catch(() => undefined);
      try {
        return await work(connection);
      } finally {
        connection.close();
      }
    },
  };
}

/** INFO as a map of its fields. An answer that is not INFO is an error, never an empty map. */
export async function readInfo(connection: RedisConnection, section?: string): Promise<Map<string, string>> {
  const reply = await connection.command(...(section === undefined ? ['INFO'] : ['INFO', section]));
  if (!Buffer.isBuffer(reply)) throw unexpected('INFO', reply);
  const lines = reply.toString('utf8').split('\r\n');
  const pairs = lines.filter((line) => !line.startsWith('#') && line.includes(':'));
  return new Map(pairs.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

/** A number out of INFO; rejects when the field is not there. */
export function infoNumber(info: Map<string, string>, field: string): number {
  const value = Number(info.get(field));
  if (!info.has(field) || Number.isNaN(value)) {
    throw new OperatingError('REDIS_UNEXPECTED', `reading INFO: it has no ${field}`, { retryable: true });
  }
  return value;
}

/** Keys by database, from INFO keyspace: `db0:keys=12,expires=3`. */
export function keysByDatabase(info: Map<string, string>): Map<number, number> {
  const found = new Map<number, number>();
  for (const [field, value] of info) {
    const database = /^db(\d+)$/.exec(field)?.[1];
    const keys = /keys=(\d+)/.exec(value)?.[1];
    if (database !== undefined && keys !== undefined) found.set(Number(database), Number(keys));
  }
  return found;
}

/** Calls of each command so far, from INFO commandstats. */
export function commandCalls(info: Map<string, string>): Map<string, number> {
  const found = new Map<string, number>();
  for (const [field, value] of info) {
    const command = /^cmdstat_(.+)$/.exec(field)?.[1];
    const calls = /calls=(\d+)/.exec(value)?.[1];
    if (command !== undefined && calls !== undefined) found.set(command.toLowerCase(), Number(calls));
  }
  return found;
}

export function unexpected(command: string, reply: unknown): OperatingError {
  const said = reply instanceof RedisErrorReply ? reply.message.slice(0, 120) : typeof reply;
  return new OperatingError('REDIS_UNEXPECTED', `running ${command}: unexpected answer (${said})`, {
    retryable: true,
  });
}
