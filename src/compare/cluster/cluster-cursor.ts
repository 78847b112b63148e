import type { RawReply } from '../wire/raw-reply.ts';
import { bulkOf, isOversize } from '../wire/resp-reply.ts';

/** A place in the listing of all keys of a cluster, node after node: the node by its index, and the cursor of that node. */
export interface ClusterCursor {
  readonly node: number;
  readonly cursor: string;
}

/** Reads a cursor: `node.cursor`, or that of the first node alone. One of a node that is not there begins again. */
export function readCursor(text: string, nodes: number): ClusterCursor {
  const match = /^(\d+)\.(\d+)$/.exec(text);
  if (match === null) return { node: 0, cursor: text };
  const node = Number(match[1]);
  return node < nodes ? { node, cursor: match[2] ?? '0' } : { node: 0, cursor: '0' };
}

/** Where the listing goes on after a page of this node; `0` after the last page of the last node. */
export function cursorAfter(at: ClusterCursor, nodes: number): string {
  if (at.cursor !== '0') return `${at.node}.${at.cursor}`;
  return at.node + 1 < nodes ? `${at.node + 1}.0` : '0';
}

const HEAD = Buffer.from('*2\r\n');

/** Takes the cursor out of a page of SCAN; undefined when the reply is no such page. */
export function cursorOf(page: RawReply): string | undefined {
  if (isOversize(page) || !page.subarray(0, HEAD.length).equals(HEAD)) return undefined;
  return bulkOf(page.subarray(HEAD.length, endOfCursor(page)))?.toString('latin1');
}

/** The same page with another cursor. */
export function withCursor(page: Buffer, cursor: string): Buffer {
  const head = Buffer.from(`*2\r\n$${cursor.length}\r\n${cursor}\r\n`);
  return Buffer.concat([head, page.subarray(endOfCursor(page))]);
}

function endOfCursor(page: Buffer): number {
  const LINE = '\r\n';
  const length = page.indexOf(LINE, HEAD.length);
  return page.indexOf(LINE, length + 2) + 2;
}
