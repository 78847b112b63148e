import { describe, expect, it } from 'vitest';
import { validateBlocks } from '../../../src/sandbox/slack/block-kit/validate.ts';
import { approvalHistory } from '../../../src/slack/approval-history.ts';
import { approvalMessage } from '../../../src/slack/blocks/approval-message.ts';
import { phraseText } from '../../../src/slack/blocks/phrase.ts';
import { rootMessage } from '../../../src/slack/blocks/root-message.ts';
import { standing } from '../../../src/slack/blocks/standing.ts';
import { milestone } from '../../../src/slack/milestones.ts';
import { viewAt } from '../../../src/slack/view-at.ts';
import type { Finding } from '../../../src/upgrade/finding.ts';
import { digestOf, type RepairFacts } from '../../../src/upgrade/plan.ts';
import {
  BEN,
  before,
  journalOf,
  RITA,
  type Said,
  START_MS,
  samplePlan,
  UPGRADE_ID,
  viewOf,
  waitingForApproval,
} from './sample-upgrade.ts';

const NO_RULES = { refusedTypes: new Set<string>() };
const FINDING: Finding = {
  keysCompared: 1_000_000,
  differences: 1_002,
  complete: true,
  byKind: { value: 1_000, extra: 2 },
  examples: [{ key: 'cart:7', db: 0, type: 'hash', kind: 'value' }],
};
const { source, target } = samplePlan();
const FACTS: RepairFacts = {
  purpose: 'repair',
  upgradeId: UPGRADE_ID,
  source,
  target,
  syncJobId: 'dts-1',
  finding: FINDING,
};
const DIGEST = digestOf(FACTS);
const DIFFERS: Said[] = [
  ...before('verify-data'),
  { type: 'step_started', step: 'verify-data' },
  { type: 'differences_found', finding: FINDING, expiresAtMs: START_MS + 86_400_000 },
];
const ASKED: Said[] = [
  ...DIFFERS,
  { type: 'repair_requested', automatic: false, finding: FINDING, by: RITA },
  { type: 'step_started', step: 'await-repair-approval' },
  {
    type: 'repair_approval_requested',
    approvalId: 'ap-repair01',
    digest: DIGEST,
    facts: FACTS,
    evidence: { verifiedAtMs: START_MS, keys: 999_998, warnings: [] },
    expiresAtMs: START_MS + 3_600_000,
  },
];
const REJECTED: Said[] = [
  ...ASKED,
  { type: 'approval_rejected', approvalId: 'ap-repair01', reason: 'look at the client first', by: BEN },
];
const REPAIRING: Said[] = [
  ...ASKED,
  { type: 'approval_given', approvalId: 'ap-repair01', digest: DIGEST, by: BEN },
  { type: 'step_succeeded', step: 'await-repair-approval', output: {} },
  { type: 'step_started', step: 'repair-target' },
];
const REPAIRED: Said[] = [
  ...REPAIRING,
  { type: 'step_succeeded', step: 'repair-target', output: { summary: '1,002 keys copied again' } },
];
const CALLED_OFF: Said[] = [
  ...REPAIRING,
  { type: 'step_failed', step: 'repair-target', error: { code: 'x', message: 'The target went away' } },
  { type: 'undo_started', step: 'repair-target' },
  { type: 'undone', step: 'repair-target' },
];

function last(bodies: readonly Said[]): string {
  const journal = journalOf(bodies);
  const event = journal.at(-1);
  const said = event && milestone(event, viewAt(journal, event, viewOf(bodies)));
  return said === undefined ? '' : phraseText(said.words);
}

function requestOf(bodies: readonly Said[]) {
  const found = approvalHistory(journalOf(bodies), viewOf(bodies)).find(
    ({ purpose }) => purpose === 'repair',
  );
  if (found === undefined) throw new Error('No repair was asked for');
  return approvalMessage({ approval: found, approvers: ['U0APPROVER1'] });
}

describe('data that differs', () => {
  it('calls the approvers once and names what can be typed', () => {
    const journal = journalOf(DIFFERS);
    const event = journal.at(-1);
    const said = event && milestone(event, viewOf(DIFFERS));
    expect(said).toMatchObject({ loud: true, calls: 'approvers' });
    for (const command of ['repair', 'verify', 'abort'])
      expect(last(DIFFERS)).toContain(`/redis-upgrade ${command} ${UPGRADE_ID}`);
    expect(last(DIFFERS)).toContain('1,002 keys: 1,000 with another value, 2 only on the target');
  });

  it('stands in the root message', () => {
    expect(phraseText(standing(viewOf(DIFFERS)))).toMatch(/^The data differs/u);
    for (const bodies of [DIFFERS, ASKED, REJECTED, REPAIRING, REPAIRED, CALLED_OFF])
      for (const form of ['cards', 'classic'] as const)
        expect(validateBlocks(rootMessage(viewOf(bodies), form).blocks, NO_RULES)).toEqual([]);
  });
});

describe('the request for a repair', () => {
  it('says which instance is changed and what differs, and has the two buttons', () => {
    const text = JSON.stringify(requestOf(ASKED));
    expect(text).toContain(`${target.id} is changed, ${source.id} is only read`);
    expect(text).toContain('cart:7');
    expect(text).toContain('"approve_cutover"');
    expect(text).toContain('"reject_cutover"');
    expect(text).toContain('<@U0APPROVER1>');
  });

  it.each([
    ['given', REPAIRING, 'approved the repair'],
    ['rejected', REJECTED, 'look at the client first'],
  ] as const)('loses its buttons once it is %s, and says by whom', (_word, bodies, words) => {
    const message = requestOf(bodies);
    expect(JSON.stringify(message)).not.toContain('"approve_cutover"');
    expect(message.text).toContain(words);
  });

  it('fits what Slack takes', () => {
    for (const bodies of [ASKED, REPAIRING, REJECTED])
      expect(validateBlocks(requestOf(bodies).blocks, NO_RULES)).toEqual([]);
  });
});

describe('the thread', () => {
  it('tells what was decided and what comes of it', () => {
    expect(last(REJECTED)).toContain('stands where it stood');
    expect(last(REPAIRED)).toMatch(
      /is repaired\. 1,002 keys copied again\. Next: everything is compared afresh/u,
    );
    expect(
      last(DIFFERS.slice(0, -1).concat({ type: 'repair_requested', automatic: true, finding: FINDING })),
    ).toMatch(/renewed on .* while the copy was made/u);
  });

  it('takes the buttons off a request for the cutover when everything is compared again', () => {
    const bodies: Said[] = [...waitingForApproval(), { type: 'verification_requested', by: RITA }];
    const [request] = approvalHistory(journalOf(bodies), viewOf(bodies));
    expect(request).toMatchObject({
      purpose: 'cutover',
      status: 'voided',
      reason: 'everything is compared again',
    });
    expect(last(bodies)).toContain('asked for everything to be compared again');
  });
});
