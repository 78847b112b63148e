import { formatAddress } from '../../upgrade/instance.ts';
import type { ShownCutover } from '../approval-history.ts';
import { maxFieldChars } from './limits.ts';
import { dateToken, type Phrase, phraseMarkup } from './phrase.ts';
import type { RequestWords } from './request-words.ts';
import { bytes, count, duration, instance, leadingActor, sentence } from './words.ts';

/** May the source be cut over to the target? */
export function cutoverRequest(approval: ShownCutover, budgetMs: number | undefined): RequestWords {
  const { source, target } = approval.facts;
  return {
    titles: TITLES,
    question: [
      `may ${source.id} be cut over to ${target.id}? ${comparedWords(approval)} Please decide by `,
      { atMs: approval.expiresAtMs },
      '; after that it counts as rejected.',
    ],
    outcome: outcome(approval),
    consequences: consequences(approval, budgetMs),
    settled: moves(approval),
    evidence: evidence(approval),
    warnings: approval.evidence.warnings ?? [],
    fourEyes: 'Whoever asked for the upgrade may reject it but not approve it',
    approveLabel: 'Approve the cutover',
  };
}

const TITLES: RequestWords['titles'] = {
  waiting: 'Cutover: your approval is needed',
  given: 'Cutover approved',
  rejected: 'Cutover rejected',
  expired: 'Approval request expired',
  voided: 'Approval request no longer valid',
  withdrawn: 'Approval no longer needed',
};

function outcome(approval: ShownCutover): Phrase {
  const by = leadingActor(approval.decidedBy ?? { kind: 'worker', id: '' });
  const at = { atMs: approval.decidedAtMs ?? approval.expiresAtMs };
  const why = sentence(approval.reason ?? 'no reason was given');
  switch (approval.status) {
    case 'given':
      return [by, ' approved the cutover ', at, '. It begins as soon as the last checks pass.'];
    case 'rejected':
      return [
        by,
        ' rejected the cutover ',
        at,
        `. Reason: ${why} The upgrade is undone; clients notice nothing.`,
      ];
    case 'expired':
      return [
        'Nobody decided before ',
        { atMs: approval.expiresAtMs },
        '. That counts as a rejection: the upgrade is undone; clients notice nothing.',
      ];
    case 'voided':
      return [
        'What you were shown is no longer so, and this request does not count any more. Changed: ',
        why,
        ' A new request follows.',
      ];
    case 'withdrawn':
      return [`The upgrade is going back: ${why} There is nothing left to approve.`];
    case 'waiting':
      return [];
  }
}

function consequences(approval: ShownCutover, budgetMs: number | undefined): Phrase[] {
  const { facts } = approval;
  const late = budgetMs === undefined ? 'too long' : `longer than ${duration(budgetMs)}`;
  const budget = `If it takes ${late}, everything is undone and clients write to the source again.`;
  if (facts.switch === 'code') return byCode(approval, budget);
  return [
    fenceWords(approval, budget),
    ...moves(approval),
    ['Every client is disconnected once and reconnects to the same address.'],
    [
      'Once the target has the address there is no automatic way back: from then on it may hold writes that the source lacks. A rollback has to be asked for and approved.',
    ],
  ];
}

/** How clients are kept from writing to the source, as it was rehearsed: what they notice depends on it. */
function fenceWords({ facts }: ShownCutover, budget: string): Phrase {
  if (facts.fence === 'read-only')
    return [
      `Writes to ${facts.source.id} are refused for the cutover; reads go on until the address moves. Writes are refused, never lost. ${budget}`,
    ];
  return [
    { bold: `The cloud refuses the read-only switch for ${facts.source.id}.` },
    ` So its address is taken away first, and its connections are ended: from then until the target has the address, reads fail as well as writes. What the sync job had not copied by then, the bot copies itself. Nothing is lost. ${budget}`,
  ];
}

function byCode(approval: ShownCutover, budget: string): Phrase[] {
  const { source, target, oldAddress } = approval.facts;
  return [
    ...moves(approval),
    [`Writes to ${source.id} are refused from then on, and stay refused; reads go on there. ${budget}`],
    [
      'Then the new address is said in the thread, and your team changes its configuration. A client can write again once it uses ',
      { code: formatAddress(target.address) },
      '; how many are still on ',
      { code: formatAddress(oldAddress) },
      ' is told.',
    ],
    [
      'Once the address is said there is no automatic way back: the target may hold writes that the source lacks. A rollback has to be asked for and approved.',
    ],
  ];
}

function moves(approval: ShownCutover): Phrase[] {
  const { source, target, oldAddress, parkingAddress, switch: kind, fence } = approval.facts;
  const pair: Phrase = ['From ', ...instance(source), ' to ', ...instance(target), '.'];
  if (NOT_DONE.has(approval.status)) return [pair, staying(approval)];
  if (kind === 'code')
    return [
      pair,
      [
        'No address moves: the team changes its configuration from ',
        { code: formatAddress(oldAddress) },
        ' to ',
        { code: formatAddress(target.address) },
        '.',
      ],
    ];
  return [
    pair,
    [
      'Address ',
      { code: formatAddress(oldAddress) },
      ` moves to ${target.id}; ${source.id} goes to `,
      { code: formatAddress(parkingAddress) },
      fence === 'read-only' ? ' and stays, read-only.' : ' and stays.',
    ],
  ];
}

/** Requests that came to nothing: what would have moved must not read as if it did. */
const NOT_DONE = new Set<ShownCutover['status']>(['rejected', 'expired', 'voided', 'withdrawn']);

function staying({ facts, status }: ShownCutover): Phrase {
  const now = status === 'voided' ? ' for now' : '';
  return ['Address ', { code: formatAddress(facts.oldAddress) }, ` stays with ${facts.source.id}${now}.`];
}

function evidence({ evidence: seen, facts }: ShownCutover): RequestWords['evidence'] {
  return [
    [
      'Keys compared',
      `${count(seen.keysCompared)}, ${facts.covered === 'sample' ? '*only a sample*' : 'every one there was'}`,
    ],
    ['Differences', seen.differences === 0 ? 'none' : count(seen.differences)],
    ['Changed meanwhile', movingWords(seen.movingKeys)],
    ['Compared', `${dateToken(seen.verifiedAtMs)}${tookWords(seen.comparedForMs)}`],
    ['Not yet copied', seen.lagBytes === undefined ? undefined : bytes(seen.lagBytes)],
    [
      'Writes now',
      seen.writesPerSecond === undefined ? undefined : `${count(seen.writesPerSecond)} a second`,
    ],
    ['Connections now', seen.connections === undefined ? undefined : count(seen.connections)],
    ['Fence', facts.fence === 'read-only' ? 'read-only switch' : 'address taken away'],
    [
      'Backup of the source',
      seen.backupId === undefined ? 'none' : phraseMarkup([seen.backupId], maxFieldChars),
    ],
  ];
}

function comparedWords({ facts }: ShownCutover): string {
  return facts.covered === 'sample'
    ? 'Everything is copied, and a sample of it is compared.'
    : 'Everything is copied and compared.';
}

function movingWords(keys: number | undefined): string | undefined {
  if (keys === undefined) return undefined;
  return keys === 0 ? 'none' : `${count(keys)}; compared again when writes are refused`;
}

function tookWords(ms: number | undefined): string {
  return ms === undefined ? '' : `, it took ${duration(ms)}`;
}
