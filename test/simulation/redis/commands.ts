import { ranked, type Stored, type Value } from './values.ts';

/** An answer: text that begins with `-` in `error`, a status line in `status`, bulk strings as they are. */
export type Answer = string | number | null | { status: string } | { error: string } | Answer[];

const OK: Answer = { status: 'OK' };
const WRONG_TYPE: Answer = { error: 'WRONGTYPE Operation against a key holding the wrong kind of value' };
const SYNTAX: Answer = { error: 'ERR syntax error' };

/** What a command works on. */
interface Data {
  get(db: number, key: string): Stored | undefined;
  put(db: number, key: string, stored: Stored): void;
  drop(db: number, key: string): boolean;
  keys(db: number): string[];
  now(): number;
}

/** One call of a command: its arguments without the name, on the selected database. */
export interface Call {
  server: Data;
  db: number;
  args: readonly string[];
}

interface Command {
  writes: boolean;
  run(call: Call): Answer;
}

const read = (run: (call: Call) => Answer): Command => ({ writes: false, run });
const write = (run: (call: Call) => Answer): Command => ({ writes: true, run });

function arg(call: Call, index: number): string {
  return call.args[index] ?? '';
}

function stored(call: Call): Stored | undefined {
  return call.server.get(call.db, arg(call, 0));
}

/** The value when it is of this type; undefined when there is none; `wrong` when it is of another. */
function typed<T extends Value['type']>(
  call: Call,
  type: T,
): Extract<Value, { type: T }> | undefined | 'wrong' {
  const value = stored(call)?.value;
  if (value === undefined) return undefined;
  return value.type === type ? (value as Extract<Value, { type: T }>) : 'wrong';
}

function reading<T extends Value['type']>(
  type: T,
  whenAbsent: Answer,
  of: (value: Extract<Value, { type: T }>, call: Call) => Answer,
): Command {
  return read((call) => {
    const value = typed(call, type);
    if (value === 'wrong') return WRONG_TYPE;
    return value === undefined ? whenAbsent : of(value, call);
  });
}

/** A change of a collection, which is created when it is not there and gone when it is empty. */
function changing<T extends Exclude<Value['type'], 'string'>>(
  type: T,
  change: (value: Extract<Value, { type: T }>, rest: readonly string[], call: Call) => Answer,
): Command {
  return write((call) => {
    const value = typed(call, type);
    if (value === 'wrong') return WRONG_TYPE;
    const present = value ?? (emptyValue(type) as Extract<Value, { type: T }>);
    const answer = change(present, call.args.slice(1), call);
    call.server.put(call.db, arg(call, 0), { value: present, expiresAtMs: stored(call)?.expiresAtMs });
    return answer;
  });
}

function emptyValue(type: Exclude<Value['type'], 'string'>): Value {
  if (type === 'hash') return { type, fields: new Map() };
  if (type === 'list') return { type, elements: [] };
  if (type === 'set') return { type, members: new Set() };
  return { type, scores: new Map() };
}

function slice<T>(from: readonly T[], first: string, last: string): T[] {
  const at = (text: string) => (Number(text) < 0 ? Math.max(0, from.length + Number(text)) : Number(text));
  return from.slice(at(first), at(last) + 1);
}

function pairs(rest: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let index = 0; index + 1 < rest.length; index += 2)
    found.push([rest[index] ?? '', rest[index + 1] ?? '']);
  return found;
}

function remaining(call: Call): number {
  const found = stored(call);
  if (found === undefined) return -2;
  return found.expiresAtMs === undefined ? -1 : Math.max(1, found.expiresAtMs - call.server.now());
}

function expireAt(call: Call, atMs: number): Answer {
  const found = stored(call);
  if (found === undefined) return 0;
  call.server.put(call.db, arg(call, 0), { value: found.value, expiresAtMs: atMs });
  return 1;
}

/** `SET key value [EX s | PX ms] [NX | XX]`. */
function set(call: Call): Answer {
  const [key = '', text = '', ...options] = call.args;
  let expiresAtMs: number | undefined;
  for (let index = 0; index < options.length; index += 1) {
    const option = (options[index] ?? '').toUpperCase();
    const there = stored(call) !== undefined;
    if ((option === 'NX' && there) || (option === 'XX' && !there)) return null;
    if (option === 'NX' || option === 'XX') continue;
    if (option !== 'EX' && option !== 'PX') return SYNTAX;
    index += 1;
    expiresAtMs = call.server.now() + Number(options[index]) * (option === 'EX' ? 1_000 : 1);
  }
  call.server.put(call.db, key, { value: { type: 'string', text }, expiresAtMs });
  return OK;
}

/** `SCAN cursor [MATCH prefix*] [COUNT count]`. */
function scan(call: Call): Answer {
  const keys = call.server.keys(call.db);
  const at = call.args.findIndex((option) => option.toUpperCase() === 'MATCH');
  if (at < 0) return page(keys);
  const prefix = arg(call, at + 1).replace(/\*$/, '');
  return page(keys.filter((key) => key.startsWith(prefix)));
}

/** `[cursor, elements]` in one page: the data sets here are small. */
function page(elements: Answer[]): Answer {
  return ['0', elements];
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  PING: read(() => ({ status: 'PONG' })),
  GET: reading('string', null, (value) => value.text),
  GETRANGE: reading('string', '', (value, call) =>
    slice([...value.text], arg(call, 1), arg(call, 2)).join(''),
  ),
  STRLEN: reading('string', 0, (value) => value.text.length),
  MGET: read((call) =>
    call.args.map((key) => {
      const value = call.server.get(call.db, key)?.value;
      return value?.type === 'string' ? value.text : null;
    }),
  ),
  EXISTS: read((call) => call.args.filter((key) => call.server.get(call.db, key) !== undefined).length),
  TYPE: read((call) => ({ status: stored(call)?.value.type ?? 'none' })),
  PTTL: read(remaining),
  TTL: read((call) => (remaining(call) < 0 ? remaining(call) : Math.ceil(remaining(call) / 1_000))),
  SCAN: read(scan),
  TIME: read(({ server }) => [
    String(Math.floor(server.now() / 1_000)),
    String((server.now() % 1_000) * 1_000),
  ]),
  DBSIZE: read((call) => call.server.keys(call.db).length),
  HLEN: reading('hash', 0, (value) => value.fields.size),
  HGET: reading('hash', null, (value, call) => value.fields.get(arg(call, 1)) ?? null),
  HMGET: read((call) => {
    const value = typed(call, 'hash');
    if (value === 'wrong') return WRONG_TYPE;
    return call.args.slice(1).map((field) => value?.fields.get(field) ?? null);
  }),
  HEXISTS: reading('hash', 0, (value, call) => (value.fields.has(arg(call, 1)) ? 1 : 0)),
  HGETALL: reading('hash', [], (value) => [...value.fields].flat()),
  HSCAN: read((call) => {
    const value = typed(call, 'hash');
    if (value === 'wrong') return WRONG_TYPE;
    return page([...(value?.fields ?? [])].flat());
  }),
  LLEN: reading('list', 0, (value) => value.elements.length),
  LRANGE: reading('list', [], (value, call) => slice(value.elements, arg(call, 1), arg(call, 2))),
  SCARD: reading('set', 0, (value) => value.members.size),
  SISMEMBER: reading('set', 0, (value, call) => (value.members.has(arg(call, 1)) ? 1 : 0)),
  SMEMBERS: reading('set', [], (value) => [...value.members]),
  SSCAN: read((call) => {
    const value = typed(call, 'set');
    if (value === 'wrong') return WRONG_TYPE;
    return page([...(value?.members ?? [])]);
  }),
  ZCARD: reading('zset', 0, (value) => value.scores.size),
  ZSCORE: reading('zset', null, (value, call) => {
    const score = value.scores.get(arg(call, 1));
    return score === undefined ? null : String(score);
  }),
  ZRANGE: reading('zset', [], (value, call) =>
    slice(ranked(value.scores), arg(call, 1), arg(call, 2)).flatMap(([member, score]) =>
      arg(call, 3) === '' ? [member] : [member, String(score)],
    ),
  ),
  ZSCAN: read((call) => {
    const value = typed(call, 'zset');
    if (value === 'wrong') return WRONG_TYPE;
    return page([...(value?.scores ?? [])].flatMap(([member, score]) => [member, String(score)]));
  }),

  SET: write(set),
  SETEX: write((call) => set({ ...call, args: [arg(call, 0), arg(call, 2), 'EX', arg(call, 1)] })),
  PSETEX: write((call) => set({ ...call, args: [arg(call, 0), arg(call, 2), 'PX', arg(call, 1)] })),
  MSET: write((call) => {
    for (const [key, text] of pairs(call.args)) set({ ...call, args: [key, text] });
    return OK;
  }),
  APPEND: write((call) => {
    const value = typed(call, 'string');
    if (value === 'wrong') return WRONG_TYPE;
    const text = `${value?.text ?? ''}${arg(call, 1)}`;
    call.server.put(call.db, arg(call, 0), {
      value: { type: 'string', text },
      expiresAtMs: stored(call)?.expiresAtMs,
    });
    return text.length;
  }),
  DEL: write((call) => call.args.filter((key) => call.server.drop(call.db, key)).length),
  EXPIRE: write((call) => expireAt(call, call.server.now() + Number(arg(call, 1)) * 1_000)),
  PEXPIRE: write((call) => expireAt(call, call.server.now() + Number(arg(call, 1)))),
  PEXPIREAT: write((call) => expireAt(call, Number(arg(call, 1)))),
  PERSIST: write((call) => {
    const found = stored(call);
    if (found?.expiresAtMs === undefined) return 0;
    call.server.put(call.db, arg(call, 0), { value: found.value, expiresAtMs: undefined });
    return 1;
  }),
  RENAME: write((call) => {
    const found = stored(call);
    if (found === undefined) return { error: 'ERR no such key' };
    call.server.drop(call.db, arg(call, 0));
    call.server.put(call.db, arg(call, 1), found);
    return OK;
  }),
  HSET: changing('hash', ({ fields }, rest) => {
    const before = fields.size;
    for (const [field, text] of pairs(rest)) fields.set(field, text);
    return fields.size - before;
  }),
  HMSET: changing('hash', ({ fields }, rest) => {
    for (const [field, text] of pairs(rest)) fields.set(field, text);
    return OK;
  }),
  HDEL: changing('hash', ({ fields }, rest) => rest.filter((field) => fields.delete(field)).length),
  RPUSH: changing('list', ({ elements }, rest) => elements.push(...rest)),
  LPUSH: changing('list', ({ elements }, rest) => elements.unshift(...[...rest].reverse())),
  LSET: changing('list', ({ elements }, [index = '0', text = '']) => {
    elements[Number(index)] = text;
    return OK;
  }),
  LTRIM: changing('list', ({ elements }, [first = '0', last = '-1']) => {
    elements.splice(0, elements.length, ...slice(elements, first, last));
    return OK;
  }),
  SADD: changing('set', ({ members }, rest) => {
    const before = members.size;
    for (const member of rest) members.add(member);
    return members.size - before;
  }),
  SREM: changing('set', ({ members }, rest) => rest.filter((member) => members.delete(member)).length),
  ZADD: changing('zset', ({ scores }, rest) => {
    const before = scores.size;
    for (const [score, member] of pairs(rest)) scores.set(member, Number(score));
    return scores.size - before;
  }),
  ZREMRANGEBYRANK: changing('zset', ({ scores }, [first = '0', last = '-1']) => {
    const gone = slice(ranked(scores), first, last);
    for (const [member] of gone) scores.delete(member);
    return gone.length;
  }),
  ZREM: changing('zset', ({ scores }, rest) => rest.filter((member) => scores.delete(member)).length),
};
