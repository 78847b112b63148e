import type { ContextBlock, KnownBlock, TextObject } from '@slack/types';
import { shortDigest } from '../../upgrade/plan.ts';
import type { ShownApproval } from '../approval-history.ts';
import { ACTIONS } from '../names.ts';
import { actions, button, type Content, header, plain } from './content.ts';
import { cutoverRequest } from './cutover-approval.ts';
import { maxFieldChars } from './limits.ts';
import { callingApprovers } from './mentions.ts';
import { type Phrase, phraseMarkup, phraseText, richText } from './phrase.ts';
import { repairRequest } from './repair-approval.ts';
import type { RequestWords } from './request-words.ts';
import { rollbackRequest } from './rollback-approval.ts';

export interface ApprovalWords {
  approval: ShownApproval;
  /** User and user-group ids to mention while the request is open. */
  approvers: readonly string[];
  /** How long writes may be refused before the cutover is undone; unset: not said. */
  cutoverBudgetMs?: number | undefined;
}

const maxWarnings = 10;

/** The request, with buttons while somebody can still decide, and with who, when and why afterwards. */
export function approvalMessage({ approval, approvers, cutoverBudgetMs }: ApprovalWords): Content {
  const words = wordsOf(approval, cutoverBudgetMs);
  const waiting = approval.status === 'waiting';
  const lead = waiting ? [...callingApprovers(approvers), ...words.question] : words.outcome;
  return {
    text: phraseText(lead),
    blocks: [
      header(words.titles[approval.status]),
      // mrkdwn, since only there a mention is known to notify; all free text in it is neutralised.
      { type: 'section', text: { type: 'mrkdwn', text: phraseMarkup(lead) } },
      waiting ? richText([[{ bold: 'When you approve' }]], words.consequences) : richText([], words.settled),
      { type: 'section', fields: fields(words.evidence) },
      ...warnings(words.warnings),
      context(approval, words.fourEyes),
      ...(waiting ? buttons(approval.id, words.approveLabel) : []),
    ],
  };
}

function wordsOf(approval: ShownApproval, cutoverBudgetMs: number | undefined): RequestWords {
  switch (approval.purpose) {
    case 'cutover':
      return cutoverRequest(approval, cutoverBudgetMs);
    case 'rollback':
      return rollbackRequest(approval);
    case 'repair':
      return repairRequest(approval);
  }
}

function fields(rows: RequestWords['evidence']): TextObject[] {
  return rows.flatMap(([label, figure]) =>
    figure === undefined ? [] : [{ type: 'mrkdwn' as const, text: `*${label}*\n${figure}` }],
  );
}

/** What the plan warned of: the last chance to think of it. */
function warnings(all: readonly string[]): KnownBlock[] {
  const said = all.slice(0, maxWarnings);
  if (said.length === 0) return [];
  const bullets = said.map((warning): Phrase => [warning]);
  return [richText([[{ bold: 'Mind' }]], bullets)];
}

function context(approval: ShownApproval, fourEyes: string): ContextBlock {
  return {
    type: 'context',
    elements: [
      plain(`Upgrade ${approval.facts.upgradeId}`, maxFieldChars),
      plain(`Digest ${shortDigest(approval.digest)}`, maxFieldChars),
      ...(approval.status === 'waiting' ? [plain(fourEyes, maxFieldChars)] : []),
    ],
  };
}

function buttons(approvalId: string, label: string): KnownBlock[] {
  return actions([
    button({ actionId: ACTIONS.approve, value: approvalId, label, style: 'primary' }),
    button({ actionId: ACTIONS.reject, value: approvalId, label: 'Reject…', style: 'danger' }),
  ]);
}
