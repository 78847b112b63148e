import { createHash } from 'node:crypto';
import { CompareError, refusal } from '../wire/compare-error.ts';
import { parseKeyspace } from '../wire/keyspace.ts';
import { RedisErrorReply, type Reply } from '../wire/resp-reply.ts';

/**
 * INFO of a cluster out of INFO of its masters: what the first one says, with the keys of all of them, and a run id that
 * changes when the topology does or when any of them is restarted.
 */
export function sumOfInfo(replies: readonly Reply[], topology: string): string {
  const texts = replies.map(textOf);
  const runIds = createHash('sha256').update(topology);
  let keys = 0;
  let expires = 0;
  for (const text of texts) {
    const keyspace = parseKeyspace(text);
    const size = keyspace.databases.get(0);
    keys += size?.keys ?? 0;
    expires += size?.expires ?? 0;
    runIds.update(`\n${keyspace.runId ?? ''}`);
  }
  const runId = runIds.digest('hex').slice(0, 40);
  const lines = (texts[0] ?? '').split('\r\n').filter((line) => !/^(db\d+|run_id):/.test(line));
  const sums = keys === 0 ? [] : [`db0:keys=${keys},expires=${expires},avg_ttl=0`];
  return [...lines.filter((line) => line !== ''), `run_id:${runId}`, ...sums, ''].join('\r\n');
}

function textOf(reply: Reply): string {
  if (Buffer.isBuffer(reply)) return reply.toString('latin1');
  if (reply instanceof RedisErrorReply) throw refusal(reply, 'reading INFO');
  throw new CompareError('COMPARE_PROTOCOL', 'reading INFO: no text came back');
}
