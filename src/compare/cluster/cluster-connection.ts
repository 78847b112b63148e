import { CompareError } from '../wire/compare-error.ts';
import type { RawReply } from '../wire/raw-reply.ts';
import type { RedisConnection } from '../wire/redis-connection.ts';
import { type Command, type EncodedCommands, encodeCommands } from '../wire/resp-commands.ts';
import { decodeReply, errorOf, isOversize, type Reply } from '../wire/resp-reply.ts';
import { cursorAfter, cursorOf, readCursor, withCursor } from './cluster-cursor.ts';
import { sumOfInfo } from './cluster-info.ts';
import { type ClusterMaster, parseClusterNodes, slotOwners, topologyOf } from './cluster-nodes.ts';
import { type SentCommand, slotsOf, splitCommands } from './sent-commands.ts';

/** A connection to one master of a cluster. */
export interface ClusterNode {
  readonly master: ClusterMaster;
  readonly connection: RedisConnection;
}

/** What is asked of all nodes at a time, by its place in a pipeline. */
interface Share {
  readonly commands: readonly SentCommand[];
  readonly indexes: readonly number[];
}

/** Replies of a node that holds a slot no more, or not yet. */
const ELSEWHERE = new Set(['MOVED', 'ASK', 'TRYAGAIN', 'CLUSTERDOWN']);

/**
 * All masters of a Redis Cluster as one connection: a command goes to the node that holds the slot of its first key, a transaction
 * to the node of its first key. SCAN lists one node after the other, INFO tells the sum of all keys and a run id that
 * changes when slots move, a replica takes over or a node is restarted, PING asks every node. What is about no key and not all keys goes to the first node.
 *
 * When slots turn out to be elsewhere than they were at the start, whoever asks gets `COMPARE_NOT_READY`: a new connection finds them.
 * That is told by the replies about keys, and asked of all nodes before SCAN ends and by INFO: a key that moved from a node
 * that was not listed yet to one that was would be missed without a word.
 *
 * Not modelled: nodes of different versions, or whose clocks differ by more than the tolerance of the comparison.
 */
export class ClusterConnection implements RedisConnection {
  readonly #nodes: readonly ClusterNode[];
  readonly #owners: Int16Array;
  readonly #topology: string;
  readonly #label: string;

  /** The nodes in the order of their ids. Throws `COMPARE_NOT_READY` when they do not serve all slots. */
  constructor(nodes: readonly ClusterNode[], label: string) {
    const masters = nodes.map((node) => node.master);
    this.#nodes = nodes;
    this.#owners = slotOwners(masters);
    this.#topology = topologyOf(masters);
    this.#label = label;
    const unserved = this.#owners.filter((owner) => owner === -1).length;
    if (unserved > 0) throw this.#notReady(`${unserved} slots have no master`);
  }

  get bytesRead(): number {
    return this.#nodes.reduce((sum, { connection }) => sum + (connection.bytesRead ?? 0), 0);
  }

  async command(...command: Command): Promise<Reply> {
    const [raw] = await this.pipeline(encodeCommands([command]));
    return raw === undefined ? null : decodeReply(raw);
  }

  async pipeline(commands: EncodedCommands): Promise<RawReply[]> {
    const sent = splitCommands(commands);
    const slots = slotsOf(sent);
    const replies: RawReply[] = new Array<RawReply>(sent.length);
    const byNode = new Map<number, number[]>();
    const asked: Promise<void>[] = [];
    const answer = async (index: number, reply: Promise<RawReply>) => {
      replies[index] = await reply;
    };
    sent.forEach((command, index) => {
      if (command.name === 'SCAN') asked.push(answer(index, this.#scan(command)));
      else if (command.name === 'INFO' && command.args.length === 0) asked.push(answer(index, this.#info()));
      else if (command.name === 'PING') asked.push(answer(index, this.#ping(command)));
      else addTo(byNode, this.#owners[slots[index] ?? -1] ?? 0, index);
    });
    for (const [node, indexes] of byNode) asked.push(this.#ask(node, { commands: sent, indexes }, replies));
    const outcomes = await Promise.allSettled(asked);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    return replies;
  }

  close(): void {
    for (const { connection } of this.#nodes) connection.close();
  }

  /** Throws unless every node sees the cluster as it was at the start, and moves no slot. */
  async checkTopology(): Promise<void> {
    const views = await Promise.all(
      this.#nodes.map(async ({ connection, master }) => {
        const reply = await connection.command('CLUSTER', 'NODES');
        return parseClusterNodes(Buffer.isBuffer(reply) ? reply.toString('latin1') : '', master.host);
      }),
    );
    for (const masters of views) {
      if (masters.some((one) => one.isMoving))
        throw this.#notReady('slots are being moved between its nodes');
      if (topologyOf(masters) !== this.#topology)
        throw this.#notReady('its slots were moved, or its nodes do not agree where they are');
    }
  }

  async #ask(node: number, share: Share, replies: RawReply[]): Promise<void> {
    const { commands, indexes } = share;
    const bytes = Buffer.concat(indexes.map((index) => commands[index]?.bytes ?? NOTHING));
    const answers = await this.#on(node).pipeline({ bytes, count: indexes.length });
    indexes.forEach((index, at) => {
      const raw = answers[at];
      if (raw !== undefined) replies[index] = this.#stillHere(raw);
    });
  }

  async #scan({ args }: SentCommand): Promise<RawReply> {
    const [cursor = NOTHING, ...rest] = args;
    const at = readCursor(cursor.toString('latin1'), this.#nodes.length);
    const [page] = await this.#on(at.node).pipeline(encodeCommands([['SCAN', at.cursor, ...rest]]));
    if (page === undefined) throw this.#notReady('no page came back');
    const next = cursorOf(page);
    if (next === undefined || isOversize(page)) return this.#stillHere(page);
    const after = cursorAfter({ node: at.node, cursor: next }, this.#nodes.length);
    if (after === '0') await this.checkTopology();
    return withCursor(page, after);
  }

  async #info(): Promise<RawReply> {
    const texts = await Promise.all(this.#nodes.map(({ connection }) => connection.command('INFO')));
    await this.checkTopology();
    const sum = sumOfInfo(texts, this.#topology);
    return Buffer.from(`$${Buffer.byteLength(sum)}\r\n${sum}\r\n`);
  }

  /** The answer comes when the slowest node has answered. */
  async #ping({ bytes }: SentCommand): Promise<RawReply> {
    const answers = await Promise.all(
      this.#nodes.map(async ({ connection }) => (await connection.pipeline({ bytes, count: 1 }))[0]),
    );
    const failed = answers.find((raw) => raw === undefined || errorOf(raw) !== undefined);
    const answer = failed ?? answers[0];
    if (answer === undefined) throw this.#notReady('a node did not answer');
    return answer;
  }

  #on(node: number): RedisConnection {
    const found = this.#nodes[node]?.connection;
    if (found === undefined) throw this.#notReady('it has no masters');
    return found;
  }

  #stillHere(raw: RawReply): RawReply {
    const error = errorOf(raw);
    if (error !== undefined && ELSEWHERE.has(error.code))
      throw this.#notReady(`its slots are being moved (${error.code})`);
    return raw;
  }

  #notReady(why: string): CompareError {
    return new CompareError('COMPARE_NOT_READY', `reading the cluster of ${this.#label}: ${why}`);
  }
}

const NOTHING = Buffer.alloc(0);

function addTo(byNode: Map<number, number[]>, node: number, index: number): void {
  const indexes = byNode.get(node);
  if (indexes === undefined) byNode.set(node, [index]);
  else indexes.push(index);
}
