import { formatAddress } from '../../upgrade/instance.ts';
import type { ShownRollback } from '../approval-history.ts';
import { dateToken, type Phrase } from './phrase.ts';
import type { RequestWords } from './request-words.ts';
import { roughly } from './rollback-words.ts';
import { count, instance, leadingActor, sentence } from './words.ts';

/** May clients go back from the target to the source, at this price? */
export function rollbackRequest(approval: ShownRollback): RequestWords {
  const { source, target, mode } = approval.facts;
  return {
    titles: TITLES,
    question: [
      `may clients be rolled back from ${target.id} to ${source.id}? `,
      { bold: `${mode === 'fast' ? 'Fast' : 'Lossless'}: ${priceWords(approval)}` },
      ' Please decide by ',
      { atMs: approval.expiresAtMs },
      '; after that it counts as rejected.',
    ],
    outcome: outcome(approval),
    consequences: consequences(approval),
    settled: moves(approval),
    evidence: evidence(approval),
    warnings: approval.evidence.warnings,
    fourEyes: 'Whoever asked for the rollback may reject it but not approve it',
    approveLabel: 'Approve the rollback',
  };
}

const TITLES: RequestWords['titles'] = {
  waiting: 'Rollback: your approval is needed',
  given: 'Rollback approved',
  rejected: 'Rollback rejected',
  expired: 'Approval request for the rollback expired',
  voided: 'Approval request for the rollback no longer valid',
  withdrawn: 'Approval of the rollback no longer needed',
};

/** What it costs, as it stood when the request was posted. */
function priceWords({
  facts,
  evidence: { writesSinceCutover: writes, expectedGapMs },
}: ShownRollback): string {
  if (facts.mode === 'fast') {
    const lost = writes === undefined ? 'the writes' : `${count(writes)} writes and counting`;
    return `${lost} made on ${facts.target.id} since the cutover will be lost.`;
  }
  const gap = expectedGapMs === undefined ? 'for a while' : `for ${roughly(expectedGapMs)}`;
  return `nothing will be lost, and writes will be refused ${gap}.`;
}

function outcome(approval: ShownRollback): Phrase {
  const by = leadingActor(approval.decidedBy ?? { kind: 'worker', id: '' });
  const at = { atMs: approval.decidedAtMs ?? approval.expiresAtMs };
  const why = sentence(approval.reason ?? 'no reason was given');
  const { target, mode } = approval.facts;
  const serves = `${target.id} serves on.`;
  switch (approval.status) {
    case 'given':
      return [by, ` approved the ${mode} rollback `, at, `. ${capital(priceWords(approval))}`];
    case 'rejected':
      return [by, ` rejected the ${mode} rollback `, at, `. Reason: ${why} It is called off; ${serves}`];
    case 'expired':
      return [
        'Nobody decided before ',
        { atMs: approval.expiresAtMs },
        `. That counts as a rejection: the rollback is called off; ${serves}`,
      ];
    case 'voided':
      return [
        'What you were shown is no longer so, and this request does not count any more. Changed: ',
        why,
        ' A new request follows.',
      ];
    case 'withdrawn':
      return [`The rollback is called off: ${why} There is nothing left to approve; ${serves}`];
    case 'waiting':
      return [];
  }
}

function consequences(approval: ShownRollback): Phrase[] {
  const { facts } = approval;
  return [
    ...(facts.mode === 'fast' ? fastCourse(approval) : losslessCourse(approval)),
    ...moves(approval),
    clients(approval),
  ];
}

function fastCourse(approval: ShownRollback): Phrase[] {
  const { source, target } = approval.facts;
  return [
    fence(approval),
    [
      `What ${target.id} took since the cutover is counted and lost: ${source.id} has the data as of the cutover.`,
    ],
  ];
}

function losslessCourse(approval: ShownRollback): Phrase[] {
  const { source, target } = approval.facts;
  return [
    [
      `What was written to ${target.id} since the cutover is copied back to ${source.id} while ${target.id} serves.`,
    ],
    fence(approval),
    [
      'Then what changed last is copied and everything is compared; only when both sides are equal are clients handed back.',
    ],
  ];
}

function fence({ facts }: ShownRollback): Phrase {
  const { target } = facts;
  if (facts.switch === 'code' || facts.fence === 'read-only')
    return [`Writes to ${target.id} are refused; reads go on until clients are handed back.`];
  return [
    { bold: 'The cloud refuses the read-only switch here.' },
    ` So the address of ${target.id} is taken away first: from then on reads fail as well as writes.`,
  ];
}

function clients({ facts }: ShownRollback): Phrase {
  return [
    facts.switch === 'address'
      ? 'Every client is disconnected once and reconnects to the same address. Until then the rollback can be called off.'
      : 'Your team changes its configuration back. Until that is asked for the rollback can be called off.',
  ];
}

function moves({ facts, status }: ShownRollback): Phrase[] {
  const { source, target, oldAddress, parkingAddress } = facts;
  const pair: Phrase = ['Back from ', ...instance(target), ' to ', ...instance(source), '.'];
  if (facts.switch === 'code')
    return [pair, ['No address moves: ', { code: formatAddress(oldAddress) }, ` is ${source.id} as ever.`]];
  const address: Phrase = ['Address ', { code: formatAddress(oldAddress) }];
  if (NOT_DONE.has(status))
    return [pair, [...address, ` stays with ${target.id}${status === 'voided' ? ' for now' : ''}.`]];
  return [
    pair,
    [
      ...address,
      ` moves back to ${source.id}; ${target.id} goes to `,
      { code: formatAddress(parkingAddress) },
      '.',
    ],
  ];
}

/** Requests that came to nothing: what would have moved must not read as if it did. */
const NOT_DONE = new Set<ShownRollback['status']>(['rejected', 'expired', 'voided', 'withdrawn']);

function evidence({ evidence: seen, facts }: ShownRollback): RequestWords['evidence'] {
  const gap = seen.expectedGapMs;
  return [
    ['Way back', facts.mode],
    ['Cutover', dateToken(seen.cutoverAtMs)],
    ['Writes since', seen.writesSinceCutover === undefined ? 'not known' : count(seen.writesSinceCutover)],
    ['Writes lost', facts.mode === 'lossless' ? 'none' : undefined],
    ['Writes refused for', gap === undefined ? undefined : roughly(gap)],
    ['Keys on the target', seen.keys === undefined ? undefined : count(seen.keys)],
    ['Fence', facts.fence === 'read-only' ? 'read-only switch' : 'address taken away'],
  ];
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
