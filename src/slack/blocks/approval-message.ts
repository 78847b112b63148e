import type { ContextBlock, KnownBlock, TextObject } from '@slack/types';
import { shortDigest } from '../../upgrade/plan.ts';
import type { ShownApproval } from '../approval-history.ts';
import { isUsergroupId } from '../markup.ts';
import { ACTIONS, APPROVERS_SETTING } from '../names.ts';
import { actions, button, type Content, header, plain } from './content.ts';
import { maxFieldChars } from './limits.ts';
import { dateToken, type Phrase, phraseMarkup, phraseText, richText } from './phrase.ts';
import { addressOf, sentence } from './standing.ts';
import { bytes, count, duration, instance, leadingActor } from './words.ts';

export interface ApprovalWords {
  approval: ShownApproval;
  /** User and user-group ids to mention while the request is open. */
  approvers: readonly string[];
  /** How long writes may be refused before everything is undone; unset: not said. */
  cutoverBudgetMs?: number | undefined;
}

const maxMentions = 20;
const maxWarnings = 10;

/** The request, with buttons while somebody can still decide, and with who, when and why afterwards. */
export function approvalMessage(words: ApprovalWords): Content {
  const { approval } = words;
  const lead = approval.status === 'waiting' ? request(words) : outcome(approval);
  return {
    text: phraseText(lead),
    blocks: [
      header(TITLE[approval.status]),
      // mrkdwn, since only there a mention is known to notify; all free text in it is neutralised.
      { type: 'section', text: { type: 'mrkdwn', text: phraseMarkup(lead) } },
      ...(approval.status === 'waiting' ? [whatHappens(words)] : [richText([], moves(approval))]),
      { type: 'section', fields: evidence(approval) },
      ...warnings(approval),
      context(approval),
      ...(approval.status === 'waiting' ? buttons(approval.id) : []),
    ],
  };
}

const TITLE: Record<ShownApproval['status'], string> = {
  waiting: 'Cutover: your approval is needed',
  given: 'Cutover approved',
  rejected: 'Cutover rejected',
  expired: 'Approval request expired',
  voided: 'Approval request no longer valid',
  withdrawn: 'Approval no longer needed',
};

function request({ approval, approvers }: ApprovalWords): Phrase {
  const { source, target } = approval.facts;
  const what = `may ${source.id} be cut over to ${target.id}? Everything is copied and compared. Please decide by `;
  return [
    ...mentions(approvers),
    what,
    { atMs: approval.expiresAtMs },
    '; after that it counts as rejected.',
  ];
}

function mentions(approvers: readonly string[]): Phrase {
  if (approvers.length === 0)
    return [`Nobody may approve yet: set ${APPROVERS_SETTING} and restart the bot. The question is: `];
  const named = approvers
    .slice(0, maxMentions)
    .flatMap((id) => [isUsergroupId(id) ? { group: id } : { user: id }, ' ']);
  return [...named.slice(0, -1), ': '];
}

function outcome(approval: ShownApproval): Phrase {
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

function whatHappens({ approval, cutoverBudgetMs }: ApprovalWords): KnownBlock {
  const { facts } = approval;
  const budget =
    cutoverBudgetMs === undefined
      ? 'If it takes too long, everything is undone and clients write to the source again.'
      : `If it takes longer than ${duration(cutoverBudgetMs)}, everything is undone and clients write to the source again.`;
  const address: Phrase[] = [
    [
      `Writes to ${facts.source.id} are refused for the cutover; reads go on until the address moves. Writes are refused, never lost. ${budget}`,
    ],
    ...moves(approval),
    ['Every client is disconnected once and reconnects to the same address.'],
    [
      'Once the target has the address there is no automatic way back: from then on it may hold writes that the source lacks.',
    ],
  ];
  const code: Phrase[] = [
    ...moves(approval),
    [`Writes to ${facts.source.id} are refused from then on. ${budget}`],
  ];
  return richText([[{ bold: 'When you approve' }]], facts.switch === 'address' ? address : code);
}

function moves(approval: ShownApproval): Phrase[] {
  const { source, target, oldAddress, parkingAddress, switch: kind } = approval.facts;
  const pair: Phrase = ['From ', ...instance(source), ' to ', ...instance(target), '.'];
  if (NOT_DONE.has(approval.status)) return [pair, staying(approval)];
  if (kind === 'code')
    return [
      pair,
      [
        'No address moves: the team changes its configuration from ',
        { code: addressOf(oldAddress) },
        ' to ',
        { code: addressOf(target.address) },
        '.',
      ],
    ];
  return [
    pair,
    [
      'Address ',
      { code: addressOf(oldAddress) },
      ` moves to ${target.id}; ${source.id} goes to `,
      { code: addressOf(parkingAddress) },
      ' and stays, read-only.',
    ],
  ];
}

/** Requests that came to nothing: what would have moved must not read as if it did. */
const NOT_DONE = new Set<ShownApproval['status']>(['rejected', 'expired', 'voided', 'withdrawn']);

function staying({ facts, status }: ShownApproval): Phrase {
  const now = status === 'voided' ? ' for now' : '';
  return ['Address ', { code: addressOf(facts.oldAddress) }, ` stays with ${facts.source.id}${now}.`];
}

/** Figures only; the labels are ours. */
function evidence({ evidence: seen }: ShownApproval): TextObject[] {
  const rows: [string, string | undefined][] = [
    ['Keys compared', count(seen.keysCompared)],
    ['Differences', seen.differences === 0 ? 'none' : count(seen.differences)],
    ['Compared', dateToken(seen.verifiedAtMs)],
    ['Not yet copied', seen.lagBytes === undefined ? undefined : bytes(seen.lagBytes)],
    [
      'Writes now',
      seen.writesPerSecond === undefined ? undefined : `${count(seen.writesPerSecond)} a second`,
    ],
    ['Connections now', seen.connections === undefined ? undefined : count(seen.connections)],
    [
      'Backup of the source',
      seen.backupId === undefined ? 'none' : phraseMarkup([seen.backupId], maxFieldChars),
    ],
  ];
  return rows.flatMap(([label, value]) =>
    value === undefined ? [] : [{ type: 'mrkdwn' as const, text: `*${label}*\n${value}` }],
  );
}

/** What the plan warned of: the last chance to think of it. */
function warnings({ evidence: seen }: ShownApproval): KnownBlock[] {
  const said = (seen.warnings ?? []).slice(0, maxWarnings);
  return said.length === 0
    ? []
    : [
        richText(
          [[{ bold: 'Mind' }]],
          said.map((warning) => [warning]),
        ),
      ];
}

function context(approval: ShownApproval): ContextBlock {
  const rule = 'Whoever asked for the upgrade may reject it but not approve it';
  return {
    type: 'context',
    elements: [
      plain(`Upgrade ${approval.facts.upgradeId}`, maxFieldChars),
      plain(`Digest ${shortDigest(approval.digest)}`, maxFieldChars),
      ...(approval.status === 'waiting' ? [plain(rule, maxFieldChars)] : []),
    ],
  };
}

function buttons(approvalId: string): KnownBlock[] {
  return actions([
    button({ actionId: ACTIONS.approve, value: approvalId, label: 'Approve the cutover', style: 'primary' }),
    button({ actionId: ACTIONS.reject, value: approvalId, label: 'Reject…', style: 'danger' }),
  ]);
}
