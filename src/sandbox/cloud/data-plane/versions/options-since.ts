import type { RequestParser } from '../resp/request-parser.ts';

/** A form of a command that an older version does not have, and how that version refuses it. */
export interface OptionRule {
  command: string;
  since: string;
  /** True when the request uses what came with `since`. */
  uses(request: RequestParser): boolean;
  refusal: 'syntax' | 'arity';
}

/** True when one of the words stands at `from` or behind. */
function hasWord(from: number, ...words: string[]): OptionRule['uses'] {
  return (request) => {
    for (let i = from; i < request.argumentCount; i++) {
      const length = request.argumentEnd(i) - request.argumentStart(i);
      if ((request.inline || length <= 12) && words.includes(request.lowerCase(i))) return true;
    }
    return false;
  };
}

function moreThan(argumentCount: number): OptionRule['uses'] {
  return (request) => request.argumentCount > argumentCount;
}

function rule(
  command: string,
  since: string,
  form: { uses: OptionRule['uses']; refusal: OptionRule['refusal'] },
): OptionRule {
  return { command, since, ...form };
}

const syntax = (uses: OptionRule['uses']) => ({ uses, refusal: 'syntax' as const });
const arity = (uses: OptionRule['uses']) => ({ uses, refusal: 'arity' as const });

const expireFlags = hasWord(3, 'nx', 'xx', 'gt', 'lt');

/**
 * From the history notes of `COMMAND DOCS`. Counted as options are only words behind the arguments that every version
 * has; for ZADD, whose members may be any word, only the place of its options.
 */
export const optionRules: readonly OptionRule[] = [
  rule('exists', '3.0', arity(moreThan(2))),
  rule('zadd', '3.0', syntax(zaddFlag('nx', 'xx', 'ch', 'incr'))),
  rule('zadd', '6.2', syntax(zaddFlag('gt', 'lt'))),
  rule('migrate', '3.0', syntax(hasWord(6, 'copy', 'replace', 'keys'))),
  rule('restore', '3.0', arity(hasWord(4, 'replace'))),
  rule('restore', '5.0', syntax(hasWord(4, 'absttl', 'idletime', 'freq'))),
  rule('spop', '3.2', arity(moreThan(2))),
  rule('hset', '4.0', arity(moreThan(4))),
  rule('lpushx', '4.0', arity(moreThan(3))),
  rule('rpushx', '4.0', arity(moreThan(3))),
  rule('flushall', '4.0', arity(moreThan(1))),
  rule('flushdb', '4.0', arity(moreThan(1))),
  rule('scan', '6.0', syntax(optionWord(2, 'type'))),
  rule('set', '6.0', syntax(hasWord(3, 'keepttl'))),
  rule('set', '6.2', syntax(hasWord(3, 'get', 'exat', 'pxat'))),
  rule('auth', '6.0', arity(moreThan(2))),
  rule('lpop', '6.2', arity(moreThan(2))),
  rule('rpop', '6.2', arity(moreThan(2))),
  rule('zrange', '6.2', syntax(hasWord(4, 'rev', 'byscore', 'bylex', 'limit'))),
  rule('geoadd', '6.2', syntax(optionWord(2, 'nx', 'xx', 'ch'))),
  rule('xadd', '6.2', syntax(optionWord(2, 'nomkstream', 'minid'))),
  rule('expire', '7.0', arity(expireFlags)),
  rule('pexpire', '7.0', arity(expireFlags)),
  rule('expireat', '7.0', arity(expireFlags)),
  rule('pexpireat', '7.0', arity(expireFlags)),
  rule('bitcount', '7.0', syntax(hasWord(4, 'byte', 'bit'))),
  rule('bitpos', '7.0', syntax(hasWord(5, 'byte', 'bit'))),
  rule('info', '7.0', syntax(moreThan(2))),
];

/** Options that stand in a row from `place` on, before the first score. */
function zaddFlag(...words: string[]): OptionRule['uses'] {
  const known = ['nx', 'xx', 'ch', 'incr', 'gt', 'lt'];
  return (request) => {
    for (let i = 2; i < request.argumentCount; i++) {
      const word = request.lowerCase(i);
      if (!known.includes(word)) return false;
      if (words.includes(word)) return true;
    }
    return false;
  };
}

/** A word at `from` or at every second place behind, where names of options stand and their values do not. */
function optionWord(from: number, ...words: string[]): OptionRule['uses'] {
  return (request) => {
    for (let i = from; i < request.argumentCount; i += 2)
      if (words.includes(request.lowerCase(i))) return true;
    return false;
  };
}
