import { CompareError } from '../wire/compare-error.ts';
import type {
  ConnectionLimits,
  OpenConnection,
  RedisConnection,
  RedisEndpoint,
} from '../wire/redis-connection.ts';
import { encodeCommands } from '../wire/resp-commands.ts';
import { errorOf } from '../wire/resp-reply.ts';
import { ClusterConnection, type ClusterNode } from './cluster-connection.ts';
import { type ClusterMaster, parseClusterNodes } from './cluster-nodes.ts';
import { tagOfSlot } from './cluster-slot.ts';

/** A cluster has no more masters than these (Redis recommends at most 1,000 nodes); each costs a connection a lane. */
const MAX_MASTERS = 1_000;

/** Slots of other masters for whose keys a server is asked to find out whether it is a node among others. */
const PROBED_SLOTS = 3;

/**
 * Opens a side: one server, a proxy, or all masters of an open-source cluster that is named by any of its nodes. What it
 * is, is found out: a server that says nothing of being in a cluster (2.8 knows none) or that answers for keys of all slots, as a proxy
 * does, is taken as it is; one that sends us elsewhere for some of them is a node among others. All are opened with the same credentials.
 * Throws a `CompareError`, and leaves nothing open then.
 */
export async function openAllNodes(
  open: OpenConnection,
  endpoint: RedisEndpoint,
  limits: ConnectionLimits,
): Promise<RedisConnection> {
  const entry = await open(endpoint, limits);
  const opened: RedisConnection[] = [entry];
  try {
    const masters = await findMasters(entry, endpoint);
    if (masters === undefined) return entry;
    const nodes = await Promise.allSettled(
      masters.map(async (master): Promise<ClusterNode> => {
        if (master.isAsked) return { master, connection: entry };
        const connection = await open({ ...endpoint, host: master.host, port: master.port }, limits);
        opened.push(connection);
        return { master, connection };
      }),
    );
    const cluster = new ClusterConnection(nodes.map(openedNode), `${endpoint.host}:${endpoint.port}`);
    if (!masters.some((master) => master.isAsked)) entry.close();
    await cluster.checkTopology();
    return cluster;
  } catch (error) {
    for (const connection of opened) connection.close();
    throw error;
  }
}

function openedNode(outcome: PromiseSettledResult<ClusterNode>): ClusterNode {
  if (outcome.status === 'fulfilled') return outcome.value;
  throw outcome.reason;
}

/** The masters of the cluster that this server is one node of; undefined when it serves everything by itself. */
async function findMasters(
  entry: RedisConnection,
  endpoint: RedisEndpoint,
): Promise<ClusterMaster[] | undefined> {
  const info = await entry.command('INFO', 'cluster');
  if (!Buffer.isBuffer(info) || !/^cluster_enabled:1/m.test(info.toString('latin1'))) return undefined;
  const nodes = await entry.command('CLUSTER', 'NODES');
  if (!Buffer.isBuffer(nodes)) return undefined;
  const masters = parseClusterNodes(nodes.toString('latin1'), endpoint.host);
  if (!(await isSentElsewhere(entry, masters))) return undefined;
  if (masters.length <= MAX_MASTERS) return masters;
  throw new CompareError(
    'COMPARE_REFUSED',
    `connecting to ${endpoint.host}:${endpoint.port}: a cluster of more than ${MAX_MASTERS} masters`,
  );
}

/** Asks for keys that other masters hold: a proxy may list nodes, but it never sends anyone there. */
async function isSentElsewhere(entry: RedisConnection, masters: readonly ClusterMaster[]): Promise<boolean> {
  const slots = masters.flatMap((master) => {
    const first = master.ranges[0]?.split('-')[0];
    return first === undefined || master.isAsked ? [] : [Number(first)];
  });
  const questions = slots.slice(0, PROBED_SLOTS).map((slot) => ['TYPE', tagOfSlot(slot)]);
  const replies = await entry.pipeline(encodeCommands(questions));
  return replies.some((raw) => errorOf(raw)?.code === 'MOVED');
}
