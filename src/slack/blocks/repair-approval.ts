import { describeFinding, kindWords } from '../../upgrade/finding.ts';
import type { ShownRepair } from '../approval-history.ts';
import { dateToken, type Phrase } from './phrase.ts';
import type { RequestWords } from './request-words.ts';
import { bytes, count, instance, leadingActor, sentence } from './words.ts';

/** May the target be made equal to the source? */
export function repairRequest(approval: ShownRepair): RequestWords {
  const { source, target, finding } = approval.facts;
  return {
    titles: TITLES,
    question: [
      `may ${target.id} be repaired from ${source.id}? `,
      { bold: describeFinding(finding) },
      ' Please decide by ',
      { atMs: approval.expiresAtMs },
      '; after that it counts as rejected.',
    ],
    outcome: outcome(approval),
    consequences: consequences(approval),
    settled: [pairOf(approval)],
    evidence: evidence(approval),
    warnings: approval.evidence.warnings,
    fourEyes: 'Whoever asked for the repair may reject it but not approve it',
    approveLabel: 'Approve the repair',
  };
}

const TITLES: RequestWords['titles'] = {
  waiting: 'Repair: your approval is needed',
  given: 'Repair approved',
  rejected: 'Repair rejected',
  expired: 'Approval request for the repair expired',
  voided: 'Approval request for the repair no longer valid',
  withdrawn: 'Approval of the repair no longer needed',
};

const STANDS = 'The upgrade stands where it stood; clients notice nothing.';

function outcome(approval: ShownRepair): Phrase {
  const by = leadingActor(approval.decidedBy ?? { kind: 'worker', id: '' });
  const at = { atMs: approval.decidedAtMs ?? approval.expiresAtMs };
  const why = sentence(approval.reason ?? 'no reason was given');
  switch (approval.status) {
    case 'given':
      return [by, ' approved the repair ', at, '. After it everything is compared afresh.'];
    case 'rejected':
      return [by, ' rejected the repair ', at, `. Reason: ${why} ${STANDS}`];
    case 'expired':
      return [
        'Nobody decided before ',
        { atMs: approval.expiresAtMs },
        `. That counts as a rejection. ${STANDS}`,
      ];
    case 'voided':
      return [
        'What you were shown is no longer so, and this request does not count any more. Changed: ',
        why,
        ' A new request follows.',
      ];
    case 'withdrawn':
      return [`The repair is called off: ${why} There is nothing left to approve.`];
    case 'waiting':
      return [];
  }
}

function consequences(approval: ShownRepair): Phrase[] {
  const { source, target } = approval.facts;
  return [
    pairOf(approval),
    [
      { bold: `${target.id} is changed, ${source.id} is only read.` },
      ` What differs is copied again, and what only ${target.id} has is deleted there.`,
    ],
    [
      `${target.id} takes writes besides those of the copy for that time; no client uses it yet. Clients notice nothing but some load on ${source.id}.`,
    ],
    ['Then everything is compared afresh. Only two equal sides lead to the request for the cutover.'],
  ];
}

function pairOf({ facts }: ShownRepair): Phrase {
  return ['From ', ...instance(facts.source), ' to ', ...instance(facts.target), '.'];
}

function evidence({ evidence: seen, facts }: ShownRepair): RequestWords['evidence'] {
  const { finding } = facts;
  return [
    ['Keys compared', count(finding.keysCompared)],
    ['Keys that differ', `${finding.complete ? '' : 'at least '}${count(finding.differences)}`],
    ['Kinds', finding.differences === 0 ? undefined : kindWords(finding.byKind)],
    ['Compared', dateToken(seen.verifiedAtMs)],
    ['Keys on the target', seen.keys === undefined ? undefined : count(seen.keys)],
    ['Not yet copied', seen.lagBytes === undefined ? undefined : bytes(seen.lagBytes)],
  ];
}
