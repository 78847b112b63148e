import type { EngineVersion } from '../../data-plane.ts';
import type { RequestParser } from '../resp/request-parser.ts';

const maxShownBytes = 128;

/** What a server of this version answers to a command it does not have (without the leading `-`). */
export function unknownCommand(version: EngineVersion, request: RequestParser): string {
  const name = shown(request, 0);
  if (version === '2.8' || version === '4.0') return `ERR unknown command '${name}'`;
  const quote = version === '7.0' ? "'" : '`';
  const closing = version === '7.0' ? "'" : '`';
  const separator = version === '7.0' ? ' ' : ', ';
  let args = '';
  for (let i = 1; i < request.argumentCount && args.length < maxShownBytes; i++) {
    args += `${quote}${shown(request, i)}${closing}${separator}`;
  }
  return `ERR unknown command ${quote}${name}${closing}, with args beginning with: ${args}`;
}

/** Older servers answer a subcommand they do not have in the words of its container. */
const containersUntil40: Record<string, string> = {
  debug: 'ERR Syntax error, try DEBUG [SEGFAULT|OBJECT <key>|SWAPIN <key>|SWAPOUT <key>|RELOAD]',
  config: 'ERR CONFIG subcommand must be one of GET, SET, RESETSTAT, REWRITE',
  script: 'ERR Unknown SCRIPT subcommand or wrong # of args.',
  pubsub: 'ERR Unknown PUBSUB subcommand or wrong number of arguments',
  object: 'ERR Syntax error. Try OBJECT (refcount|encoding|idletime)',
  command: 'ERR Unknown subcommand or wrong number of arguments.',
  slowlog: 'ERR Unknown SLOWLOG subcommand or wrong # of args. Try GET, RESET, LEN.',
};

export function unknownSubcommand(version: EngineVersion, request: RequestParser): string {
  const container = request.lowerCase(0);
  if (version === '2.8' && container === 'client') {
    return 'ERR Syntax error, try CLIENT (LIST | KILL ip:port | GETNAME | SETNAME connection-name)';
  }
  if (version === '4.0' && container === 'client') {
    return 'ERR Syntax error, try CLIENT (LIST | KILL | GETNAME | SETNAME | PAUSE | REPLY)';
  }
  if (version === '2.8' || version === '4.0') {
    return (
      containersUntil40[container] ?? `ERR Unknown subcommand or wrong number of arguments for '${container}'`
    );
  }
  const sub = shown(request, 1);
  if (version === '7.0') return `ERR unknown subcommand '${sub}'. Try ${container.toUpperCase()} HELP.`;
  return `ERR Unknown subcommand or wrong number of arguments for '${sub}'. Try ${container.toUpperCase()} HELP.`;
}

export function wrongArity(command: string): string {
  return `ERR wrong number of arguments for '${command}' command`;
}

function shown(request: RequestParser, index: number): string {
  return request.argument(index).subarray(0, maxShownBytes).toString('utf8');
}
