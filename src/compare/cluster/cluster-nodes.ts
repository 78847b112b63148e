import { createHash } from 'node:crypto';
import { SLOTS } from './cluster-slot.ts';

/** One master of a Redis Cluster, as a node of it describes it. */
export interface ClusterMaster {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** It is the node that was asked. */
  readonly isAsked: boolean;
  readonly epoch: string;
  /** The slots it serves as `CLUSTER NODES` writes them, `0-5460` or `7`. */
  readonly ranges: readonly string[];
  /** It is giving a slot away or taking one over. Nodes say that of themselves only. */
  readonly isMoving: boolean;
}

const LINE = /^(\w+) (\S*):(\d+)(?:@\S*)? (\S+) \S+ \d+ \d+ (\d+) \S+(.*)$/;

/**
 * Reads the masters that serve slots from the text of `CLUSTER NODES`, in the order of their ids. A node that was never
 * told its own address leaves it out; it is then `askedHost`. The text is the same from 3.0 to 7.x, apart from what newer
 * versions add to the address.
 */
export function parseClusterNodes(text: string, askedHost: string): ClusterMaster[] {
  const masters: ClusterMaster[] = [];
  for (const line of text.split(/\r?\n/)) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, id = '', host = '', port, flags = '', epoch = '', rest = ''] = match;
    const names = flags.split(',');
    const slots = rest.split(' ').filter((word) => word.length > 0);
    const ranges = slots.filter((word) => !word.startsWith('['));
    if (!names.includes('master') || slots.length === 0) continue;
    const isAsked = names.includes('myself');
    const isMoving = ranges.length < slots.length;
    masters.push({ id, host: host || askedHost, port: Number(port), isAsked, epoch, ranges, isMoving });
  }
  return masters.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Which of the masters serves each slot, by index; slots that nobody serves are -1. */
export function slotOwners(masters: readonly ClusterMaster[]): Int16Array {
  const owners = new Int16Array(SLOTS).fill(-1);
  masters.forEach((master, index) => {
    for (const range of master.ranges) {
      const [from = '', to = from] = range.split('-');
      owners.fill(index, Number(from), Number(to) + 1);
    }
  });
  return owners;
}

/** What changes when a slot moves, a replica takes over, or a node comes or goes. */
export function topologyOf(masters: readonly ClusterMaster[]): string {
  const lines = masters.map(({ id, epoch, ranges }) => `${id} ${epoch} ${ranges.join(' ')}`);
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 40);
}
