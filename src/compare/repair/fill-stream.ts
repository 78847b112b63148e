import { idAfter } from '../values/stream-id.ts';
import { type Command, encodeCommands } from '../wire/resp-commands.ts';
import { decodeReply, isOversize, type Reply } from '../wire/resp-reply.ts';
import type { FilledPage, MendContext } from './filled-page.ts';
import type { Mend } from './mend.ts';
import { writeGroups } from './receiver-writes.ts';

/** Pending entries of a consumer group copied by one question. */
const PENDING_PAGE = 500;

/**
 * Writes the next page of a stream, with the ids its entries have, and after the last one its last id and its consumer groups with
 * what they have not acknowledged. Not carried over: consumers that wait for nothing, counters that only XINFO shows,
 * and pending entries that were deleted from the stream, which newer servers refuse to claim.
 */
export async function fillStream(mend: Mend, into: Buffer, context: MendContext): Promise<FilledPage> {
  const { giver, receiver } = context.ends;
  const last = entriesOf(
    decoded(await receiver.pipeline(encodeCommands([['XREVRANGE', into, '+', '-', 'COUNT', '1']]))),
  );
  const start = last?.[0] === undefined ? '-' : idAfter(last[0].id);
  const [raw] = await giver.pipeline(
    encodeCommands([['XRANGE', mend.key, start, '+', 'COUNT', String(mend.page)]]),
  );
  if (raw !== undefined && isOversize(raw)) return { end: 'too_large', elements: 0, bytes: 0 };
  const entries = entriesOf(raw === undefined ? null : decodeReply(raw));
  if (raw === undefined || last === undefined || entries === undefined) return LOST;
  const added = entries.map(({ id, fields }) => ['XADD', into, id, ...fields]);
  if (!(await writeAll(context, added))) return LOST;
  const page = { elements: entries.length, bytes: raw.length };
  if (entries.length === mend.page) return { end: 'more', ...page };
  return { end: (await copyState(mend.key, into, context)) ? 'last' : 'lost', ...page };
}

const LOST: FilledPage = { end: 'lost', elements: 0, bytes: 0 };

interface Entry {
  readonly id: string;
  readonly fields: Buffer[];
}

function decoded(replies: Parameters<typeof decodeReply>[0][]): Reply {
  const [raw] = replies;
  return raw === undefined ? null : decodeReply(raw);
}

function entriesOf(reply: Reply): Entry[] | undefined {
  if (!Array.isArray(reply)) return undefined;
  return reply.flatMap((entry) => {
    const [id, fields] = Array.isArray(entry) ? entry : [];
    if (!Buffer.isBuffer(id) || !Array.isArray(fields)) return [];
    return [{ id: id.toString('latin1'), fields: fields.filter((field) => Buffer.isBuffer(field)) }];
  });
}

async function writeAll(context: MendContext, commands: readonly Command[]): Promise<boolean> {
  if (commands.length === 0) return true;
  const groups = commands.map((command) => [command]);
  const errors = await writeGroups(context.ends.receiver, groups, context.receiver);
  return errors.every((one) => one.length === 0);
}

/** A map as RESP2 gives it, names and values in turn. */
function mapOf(reply: Reply): Map<string, Reply> {
  const map = new Map<string, Reply>();
  if (!Array.isArray(reply)) return map;
  for (let index = 0; index + 1 < reply.length; index += 2)
    map.set(String(reply[index]), reply[index + 1] ?? null);
  return map;
}

async function copyState(key: Buffer, into: Buffer, context: MendContext): Promise<boolean> {
  const { giver, receiver } = context.ends;
  const [stream, groups] = await giver.pipeline(
    encodeCommands([
      ['XINFO', 'STREAM', key],
      ['XINFO', 'GROUPS', key],
    ]),
  );
  if (stream === undefined || groups === undefined) return false;
  const lastId = String(mapOf(decodeReply(stream)).get('last-generated-id') ?? '');
  if (lastId === '') return false;
  const length = decoded(await receiver.pipeline(encodeCommands([['XLEN', into]])));
  const empty = length === 0 ? await makeEmpty(into, lastId, context) : true;
  if (!empty || !(await writeAll(context, [['XSETID', into, lastId]]))) return false;
  const list = decodeReply(groups);
  for (const group of Array.isArray(list) ? list : []) {
    if (!(await copyGroup(mapOf(group), { key, into }, context))) return false;
  }
  return true;
}

/** A stream without entries exists all the same; it takes one entry to make it. */
function makeEmpty(into: Buffer, lastId: string, context: MendContext): Promise<boolean> {
  const id = lastId === '0-0' ? '0-1' : lastId;
  return writeAll(context, [
    ['XADD', into, id, 'x', 'x'],
    ['XDEL', into, id],
  ]);
}

async function copyGroup(
  group: Map<string, Reply>,
  at: { key: Buffer; into: Buffer },
  context: MendContext,
): Promise<boolean> {
  const name = group.get('name');
  if (!Buffer.isBuffer(name)) return false;
  const delivered = String(group.get('last-delivered-id') ?? '0-0');
  if (!(await writeAll(context, [['XGROUP', 'CREATE', at.into, name, delivered]]))) return false;
  let start = '-';
  for (;;) {
    const question: Command = ['XPENDING', at.key, name, start, '+', String(PENDING_PAGE)];
    const pending = decoded(await context.ends.giver.pipeline(encodeCommands([question])));
    if (!Array.isArray(pending)) return false;
    const claims = pending.flatMap((one) => claimOf(one, { into: at.into, name }));
    if (!(await writeAll(context, claims))) return false;
    const last = pending.at(-1);
    if (pending.length < PENDING_PAGE || !Array.isArray(last)) return true;
    start = idAfter(String(last[0]));
  }
}

function claimOf(pending: Reply, at: { into: Buffer; name: Buffer }): Command[] {
  const [id, consumer, idle, deliveries] = Array.isArray(pending) ? pending : [];
  if (!Buffer.isBuffer(id) || !Buffer.isBuffer(consumer)) return [];
  const history = ['IDLE', String(idle), 'RETRYCOUNT', String(deliveries)];
  return [['XCLAIM', at.into, at.name, consumer, '0', id, ...history, 'FORCE', 'JUSTID']];
}
