import { formatAddress } from '../upgrade/instance.ts';
import type { Unknown } from './connections.ts';
import type { ReturnedClients } from './returned-clients.ts';
import type { SourceLook } from './source-look.ts';
import { counted, MAX_STRANGERS, type Watch, type WatchedSource, writesSince } from './watch.ts';

/** Addresses that the summary names; all are in the figures. */
const MAX_NAMED = 10;

export interface Watched {
  source: WatchedSource;
  look: SourceLook | { unreachable: string };
  watch: Watch;
  clients: ReturnedClients | Unknown;
}

/** How things stand, in the order of what matters most. */
export function describeWatch(watched: Watched): string {
  return [sourceWords(watched), strangerWords(watched.watch), clientWords(watched.clients)]
    .filter((words) => words !== '')
    .join(' ');
}

/** The same for those who read the journal. What is not known is not in it. */
export function watchFigures({ source, look, watch, clients }: Watched): Record<string, unknown> {
  const reached = 'unreachable' in look ? undefined : look;
  return {
    sourceWrites: reached === undefined ? undefined : writesSince(reached, watch, source),
    sourceConnections: reached?.left,
    sourceGate: watch.unfenced ? 'open' : reached?.gate,
    strangers: watch.strangers,
    ...(clients === 'unknown'
      ? { clients }
      : { clientAddresses: clients.known + clients.more, clientsNotBack: clients.missing }),
  };
}

function sourceWords({ source, look, watch }: Watched): string {
  const where = `${source.id} at ${formatAddress(source.address)}`;
  if ('unreachable' in look) return `${where} cannot be looked at: ${look.unreachable}.`;
  const fence = watch.unfenced
    ? 'was found taking writes'
    : look.gate === 'closed'
      ? 'is read-only'
      : 'is not read-only';
  const writes = writesSince(look, watch, source);
  const written =
    writes === undefined
      ? 'how many write commands ran on it is not known'
      : `${writes === 0 ? 'no write command' : counted(writes, 'write command')} ran on it since the cutover`;
  return `${where} ${fence}; ${connectionWords(look.left)}, ${written}.`;
}

function connectionWords(left: number | Unknown): string {
  if (left === 'unknown') return 'it does not tell who is connected to it';
  return left === 0
    ? 'no client is connected to it'
    : `${counted(left, 'connection')} of clients ${left === 1 ? 'is' : 'are'} on it`;
}

function strangerWords({ strangers }: Watch): string {
  if (strangers.length === 0) return '';
  const back = strangers.filter(({ cameBack }) => cameBack).length;
  return `Left-over connections from ${addresses(strangers.length)} were ended there, and ${back === 0 ? 'none' : back} came back.`;
}

/** "50" are at least so many: no more are told apart. */
function addresses(count: number): string {
  if (count === 1) return '1 address';
  return `${count === MAX_STRANGERS ? 'at least ' : ''}${count} addresses`;
}

function clientWords(clients: ReturnedClients | Unknown): string {
  if (clients === 'unknown')
    return 'Which clients came back is not known: not both instances tell who is connected.';
  const { known, missing, more } = clients;
  const uncounted = more === 0 ? '' : ` ${more} more were not followed.`;
  if (known === 0) return `No client was connected before the cutover.${uncounted}`;
  if (missing.length === 0) return `All ${known} client addresses of before came back.${uncounted}`;
  const rest = missing.length - MAX_NAMED;
  const names = `${missing.slice(0, MAX_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  return `Not back: ${missing.length} of ${known} client addresses of before: ${names}.${uncounted}`;
}
