import { z } from 'zod';
import { formatAddress, type PrivateAddress } from '../upgrade/instance.ts';
import type { ClientConnection } from './connections.ts';
import { isWriteCommand, type WriteGate } from './fence-probe.ts';
import type { SourceLook } from './source-look.ts';

/** More strangers than this are ended and not told apart. */
export const MAX_STRANGERS = 50;
/** Strangers that one message names. */
const MAX_NAMED = 10;

const strangerSchema = z.object({
  ip: z.string(),
  name: z.string(),
  command: z.string(),
  /** Seen again after its connections had been ended: something is configured with the source's address. */
  cameBack: z.boolean(),
});
type Stranger = z.infer<typeof strangerSchema>;

/** What the watch has found on the source so far. Journaled whenever it changes, so that nothing is told twice. */
export const watchSchema = z.object({
  strangers: z.array(strangerSchema).default([]),
  /** Write commands executed since the cutover, as last told. */
  writes: z.number().default(0),
  /** The source was found to take writes although it had been made read-only. */
  unfenced: z.boolean().default(false),
  /** Our own tries of the gate that it let through: the server counts them as writes. */
  ownWrites: z.number().default(0),
});
export type Watch = z.infer<typeof watchSchema>;

export interface WatchedSource {
  id: string;
  address: PrivateAddress;
  /** Write commands it had executed when the fence was proved; undefined when that is not known. */
  writesAtFence: number | undefined;
  /** Where its clients have to go. */
  newAddress: PrivateAddress;
  /** Ordinary connections are ended there. */
  endsConnections: boolean;
}

/** What is new, in words for people; nothing when all of it was told before. */
export interface News {
  watch: Watch;
  said: string[];
  /** Writes may be going where nobody reads them. */
  urgent: boolean;
}

/** Of the plain and the scripted write that a try consists of. */
const LET_THROUGH: Record<WriteGate, number> = { closed: 0, 'plain-open': 1, 'scripts-open': 1, open: 2 };

/** Pure: what was known and one more look, to what is known now and what of it has to be told. */
export function compareWatch(watch: Watch, look: SourceLook, source: WatchedSource): News {
  const ownWrites = watch.ownWrites + (look.gate === undefined ? 0 : LET_THROUGH[look.gate]);
  const gate = unfencedNews(watch, look.gate, source);
  const writes = writesNews({ ...watch, ownWrites }, look, source);
  const met = source.endsConnections ? meet(watch, look) : { watch, left: [], back: [] };
  const refused = look.gate === 'closed' && writes.total === 0;
  return {
    watch: {
      ...met.watch,
      ownWrites,
      unfenced: watch.unfenced || gate !== undefined,
      writes: writes.said === undefined ? watch.writes : writes.total,
    },
    said: [gate, writes.said, leftWords(met.left, { source, refused }), backWords(met.back, source)].filter(
      (words) => words !== undefined,
    ),
    urgent: gate !== undefined || writes.said !== undefined,
  };
}

function unfencedNews(watch: Watch, gate: WriteGate | undefined, source: WatchedSource): string | undefined {
  if (gate === undefined || gate === 'closed' || watch.unfenced) return undefined;
  return `${source.id} at ${formatAddress(source.address)} takes writes again, although it was made read-only. What is written there is not on the new instance. Make it read-only in the console.`;
}

/** Told when the first is seen: how many they are in the end is in the summary. */
function writesNews(watch: Watch, look: SourceLook, source: WatchedSource): { total: number; said?: string } {
  const total = writesSince(look, watch, source) ?? 0;
  if (total === 0 || watch.writes > 0) return { total };
  const writers = distinct(look.found === 'unknown' ? [] : look.found).filter(({ command }) =>
    isWriteCommand(command),
  );
  const by =
    writers.length === 0
      ? 'By whom is not known: no connection that writes is listed.'
      : `Last seen writing: ${named(writers)}.`;
  return {
    total,
    said: `Rogue writes: ${counted(total, 'write command')} ran on ${source.id} after the cutover. What they wrote is not on the new instance. ${by}`,
  };
}

/** Not ours. Undefined when it cannot be told: the figure of the fence is missing, or the server counts anew since a restart. */
export function writesSince(look: SourceLook, watch: Watch, source: WatchedSource): number | undefined {
  const writes = look.writes - watch.ownWrites - (source.writesAtFence ?? Number.NaN);
  return writes >= 0 ? writes : undefined;
}

/** Who was not met before, and who is back after having been sent away. */
function meet(watch: Watch, look: SourceLook): { watch: Watch; left: Stranger[]; back: Stranger[] } {
  const known = new Map(watch.strangers.map((stranger) => [stranger.ip, stranger]));
  const left: Stranger[] = [];
  const back: Stranger[] = [];
  for (const stranger of distinct(look.found === 'unknown' ? [] : look.found)) {
    const before = known.get(stranger.ip);
    if (before === undefined && known.size < MAX_STRANGERS) {
      known.set(stranger.ip, stranger);
      left.push(stranger);
    } else if (before !== undefined && !before.cameBack) {
      known.set(stranger.ip, { ...stranger, cameBack: true });
      back.push(stranger);
    }
  }
  return { watch: { ...watch, strangers: [...known.values()] }, left, back };
}

/** One for each address; of several connections the one that writes, else the first. */
function distinct(connections: readonly ClientConnection[]): Stranger[] {
  const byIp = new Map<string, Stranger>();
  for (const { ip, name, command } of connections) {
    const before = byIp.get(ip);
    const writes = isWriteCommand(command) && !isWriteCommand(before?.command ?? '');
    if (before === undefined || writes) byIp.set(ip, { ip, name, command, cameBack: false });
  }
  return [...byIp.values()];
}

function leftWords(
  strangers: readonly Stranger[],
  { source, refused }: { source: WatchedSource; refused: boolean },
): string | undefined {
  if (strangers.length === 0) return undefined;
  const harmless = refused ? ' The source took no write from anybody.' : '';
  return `Left-over connections on ${source.id} at ${formatAddress(source.address)} were ended, from ${named(strangers)}.${harmless} These clients have to connect to ${formatAddress(source.newAddress)}.`;
}

function backWords(strangers: readonly Stranger[], source: WatchedSource): string | undefined {
  if (strangers.length === 0) return undefined;
  return `Rogue clients: ${named(strangers)} came back to ${source.id} at ${formatAddress(source.address)} after I ended the connection. Something there is configured with that address; it has to be ${formatAddress(source.newAddress)}.`;
}

/** `10.0.0.9 ("web-7", last command set), 10.0.0.10 (last command ping)`. */
function named(strangers: readonly Stranger[]): string {
  const shown = strangers.slice(0, MAX_NAMED).map(({ ip, name, command }) => {
    const about = [name === '' ? '' : `"${name}"`, command === '' ? '' : `last command ${command}`];
    const words = about.filter((word) => word !== '').join(', ');
    return words === '' ? ip : `${ip} (${words})`;
  });
  const more = strangers.length - shown.length;
  return more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more`;
}

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
