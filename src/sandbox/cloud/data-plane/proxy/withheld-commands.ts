import type { RequestParser } from '../resp/request-parser.ts';

/** Commands that a cloud keeps for itself, as they would take the server away from it or from the proxy. */
const withheld = new Set([
  'bgrewriteaof',
  'failover',
  'module',
  'psync',
  'replconf',
  'replicaof',
  'shutdown',
  'slaveof',
  'sync',
]);

/** Containers of which only these subcommands are served. */
const servedSubcommands = new Map([
  ['config', new Set(['get', 'resetstat', 'help'])],
  ['debug', new Set(['object', 'digest', 'digest-value', 'sleep'])],
  [
    'cluster',
    new Set([
      'info',
      'keyslot',
      'countkeysinslot',
      'getkeysinslot',
      'myid',
      'nodes',
      'shards',
      'slots',
      'help',
    ]),
  ],
]);

/** Subcommands that are not served although the rest of their container is. */
const withheldSubcommands = new Map([
  // Without replies the proxy could not tell which reply belongs to which request.
  ['client', new Set(['reply'])],
]);

/** True when clients do not get this command through an address. Which of them the real cloud withholds is not modelled. */
export function isWithheld(name: string, request: RequestParser): boolean {
  if (withheld.has(name)) return true;
  const served = servedSubcommands.get(name);
  if (served) return !served.has(request.lowerCase(1));
  return withheldSubcommands.get(name)?.has(request.lowerCase(1)) ?? false;
}
