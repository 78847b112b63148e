import type { RedisConnection } from '../compare/wire/redis-connection.ts';
import { RedisErrorReply, type Reply } from '../compare/wire/resp-reply.ts';
import { commandCalls, readInfo, unexpected } from './redis-access.ts';

/** What an instance does with writes. `scripts-open`: refuses plain ones and lets those of scripts through. */
export type WriteGate = 'open' | 'closed' | 'scripts-open' | 'plain-open';

/** A key that nobody has: `DEL` of it is a write to the server and changes nothing. */
const MISSING_KEY = 'redis-upgrade:probe:no-such-key';
const SCRIPT = "return redis.call('DEL', KEYS[1])";

/** Answers that say nothing about the fence: the server is not ready, does not know us, or does not let this user write. */
const NOT_AN_ANSWER =
  /^(LOADING|MASTERDOWN|BUSY|NOAUTH|NOPERM|WRONGPASS|CLUSTERDOWN|TRYAGAIN|MOVED|ASK)\b|invalid password|unknown command|can't run this command/i;

/**
 * Tries a plain and a scripted write that change nothing. Rejects when the server gives an answer that proves neither, so
 * that a server which is only loading is never taken for a fenced one.
 */
export async function probeWrites(connection: RedisConnection): Promise<WriteGate> {
  // Sent together: one round trip.
  const [read, del, evaluated] = await Promise.all([
    connection.command('GET', MISSING_KEY),
    connection.command('DEL', MISSING_KEY),
    connection.command('EVAL', SCRIPT, '1', MISSING_KEY),
  ]);
  if (read !== null) throw unexpected('GET', read);
  const plain = accepted('DEL', del);
  const scripted = accepted('EVAL', evaluated);
  if (plain) return scripted ? 'open' : 'plain-open';
  return scripted ? 'scripts-open' : 'closed';
}

function accepted(command: string, reply: Reply): boolean {
  if (reply === 0) return true;
  if (reply instanceof RedisErrorReply && !NOT_AN_ANSWER.test(reply.message)) return false;
  throw unexpected(command, reply);
}

/** Commands that change data, as INFO commandstats names them. */
const WRITE_COMMANDS = new Set(
  `append bitfield bitop blmove blmpop blpop brpop brpoplpush bzmpop bzpopmax bzpopmin copy decr decrby del expire expireat
   flushall flushdb geoadd georadius georadiusbymember geosearchstore getdel getex getset hdel hincrby hincrbyfloat hmset hset
   hsetnx incr incrby incrbyfloat linsert lmove lmpop lpop lpush lpushx lrem lset ltrim migrate move mset msetnx persist
   pexpire pexpireat pfadd pfmerge psetex rename renamenx restore rpop rpoplpush rpush rpushx sadd sdiffstore set setbit setex
   setnx setrange sinterstore smove sort spop srem sunionstore swapdb unlink xack xadd xautoclaim xclaim xdel xgroup xreadgroup
   xsetid xtrim zadd zdiffstore zincrby zinterstore zmpop zpopmax zpopmin zrangestore zrem zremrangebylex zremrangebyrank
   zremrangebyscore zunionstore`.split(/\s+/),
);

/** As a server names the last command of a connection, or INFO one of its counters: `set`, `xgroup|create`. */
export function isWriteCommand(name: string): boolean {
  return WRITE_COMMANDS.has(name.split('|')[0] ?? '');
}

/** Write commands the server has executed so far, those of scripts included. Two equal readings prove that nothing was written. */
export async function countWrites(connection: RedisConnection): Promise<number> {
  const calls = commandCalls(await readInfo(connection, 'commandstats'));
  let writes = 0;
  for (const [command, count] of calls) if (isWriteCommand(command)) writes += count;
  return writes;
}
