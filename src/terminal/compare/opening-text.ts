import { columns } from '../words.ts';
import type { SideName } from './address.ts';
import type { CompareRequest } from './command-line.ts';
import { counted } from './kind-words.ts';
import type { SideLook } from './look-at-side.ts';

const SIDES = ['source', 'target'] as const;

/** What is going to be compared, before it is. */
export function openingLines(request: CompareRequest, looks: Readonly<Record<SideName, SideLook>>): string[] {
  const rows = SIDES.map((side) => {
    const { version, keys, databases } = looks[side];
    const held =
      keys === 0 ? 'empty' : `${counted(keys, 'key')} in ${databases.map((db) => `db${db}`).join(', ')}`;
    return [side, request.addresses[side].label, version === undefined ? 'Redis' : `Redis ${version}`, held];
  });
  const { runId } = looks.source;
  const isOne = runId !== undefined && runId === looks.target.runId;
  return [
    ...columns(rows),
    ...(isOne ? ['WARNING: both addresses are the SAME server: it is compared with itself.'] : []),
  ];
}
