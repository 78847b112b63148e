import { describe, expect, it } from 'vitest';
import { phraseText } from '../../../src/slack/blocks/phrase.ts';
import { milestone } from '../../../src/slack/milestones.ts';
import { NO_REASON } from '../../../src/slack/names.ts';
import { viewAt } from '../../../src/slack/view-at.ts';
import {
  ANNA,
  APPROVAL_ID,
  EVERY_STANDING,
  journalOf,
  RITA,
  type Said,
  before as upTo,
  viewOf,
  waitingForApproval,
} from './sample-upgrade.ts';

/** Everything the thread says about these events. */
function told(bodies: readonly Said[]): string[] {
  const journal = journalOf(bodies);
  return journal.flatMap((event) => {
    const said = milestone(event, viewAt(journal, event, viewOf(bodies)));
    return said === undefined ? [] : [phraseText(said.words)];
  });
}

function lastOf(bodies: readonly Said[]): string {
  return told(bodies).at(-1) ?? '';
}

describe('the thread', () => {
  it('tells a whole upgrade in a handful of messages', () => {
    expect(told(EVERY_STANDING['completed'] ?? [])).toEqual([
      'Both instances are checked and the plan is made. assess went well. Next: the target is prepared and the source is backed up. Clients notice nothing.',
      'crs-source01 is backed up. back-up-source went well. Next: its data is copied while it goes on serving.',
      'The full copy is done. copy-snapshot went well. Next: the changes made meanwhile are copied.',
      'Source and target are compared and hold the same data. verify-data went well. Next: an approver decides about the cutover.',
      '<@U0APPROVER1> approved the cutover. Next: the last checks, then writes to the source are stopped.',
      'The cutover begins. crs-source01 refuses writes from now on; reads go on. Next: the last changes are copied and checked, then 10.0.0.7:6379 moves to crs-target01.',
      expect.stringMatching(
        /^The cutover is done: 10\.0\.0\.7:6379 is served by crs-target01\. .*finish up-1a2b3c4d"\.$/u,
      ),
      expect.stringMatching(
        /^The watch is over\. .*Next: the way back ends and the copy job is taken down\.$/u,
      ),
      expect.stringMatching(
        /^The upgrade is complete\. It took 43 s\. 10\.0\.0\.7:6379 is served by crs-target01\. 1,000,000 keys were compared/u,
      ),
    ]);
  });

  it('says before the hand-over that a failure goes back, and after it that a person is needed', () => {
    expect(lastOf(EVERY_STANDING['going back'] ?? [])).toBe(
      '"Catch up" failed: The copy job stopped. Next: what was changed is put back, and clients stay with crs-source01.',
    );
    const stuck = lastOf(EVERY_STANDING['stuck after the hand-over'] ?? []);
    expect(stuck).toContain('A person is needed.');
    expect(stuck).toContain('crs-source01 is at 10.0.0.250:6379 and is read-only;');
    expect(stuck).toContain('crs-target01 holds 10.0.0.7:6379 and takes writes.');
    expect(stuck).toContain('"/redis-upgrade resume up-1a2b3c4d" tries this step again');
    expect(stuck).toContain('"/redis-upgrade rollback up-1a2b3c4d" says what that costs');
  });

  it('says that something could not be undone, and where clients are', () => {
    expect(lastOf(EVERY_STANDING['stuck in an undo'] ?? [])).toContain(
      'Stuck: something could not be undone.',
    );
  });

  it('says that writes may still be refused when it is stuck behind the fence', () => {
    const stuck: Said[] = [
      ...upTo('drain'),
      { type: 'step_started', step: 'drain' },
      { type: 'abort_requested', reason: 'wrong day', by: RITA },
      { type: 'undo_started', step: 'drain' },
      { type: 'undone', step: 'drain' },
      { type: 'undo_started', step: 'fence-source' },
      { type: 'undo_failed', step: 'fence-source', error: { code: 'X', message: 'No rights' } },
    ];
    expect(lastOf(stuck)).toContain(
      'crs-source01 holds 10.0.0.7:6379 and may be read-only; crs-target01 is at 10.0.0.9:6379 and no client uses it.',
    );
  });

  it('says when clients can write again after an undone cutover', () => {
    const back: Said[] = [
      ...upTo('attach-target-address'),
      { type: 'cutover_over_budget', budgetMs: 120_000, elapsedMs: 121_000 },
      { type: 'undo_started', step: 'detach-source-address' },
      { type: 'undone', step: 'detach-source-address' },
    ];
    expect(told(back).slice(-2)).toEqual([
      'The cutover took 2 min 1 s, longer than the 2 min it may take. Next: it is undone, and crs-source01 takes writes again.',
      '10.0.0.7:6379 is back on crs-source01; clients can reconnect.',
    ]);
  });

  it.each<[string, Said, string]>([
    [
      'a rejection',
      { type: 'approval_rejected', approvalId: APPROVAL_ID, reason: 'Not today', by: ANNA },
      '<@U0APPROVER1> rejected the cutover: Not today. Next: the upgrade is undone',
    ],
    ['an expiry', { type: 'approval_expired', approvalId: APPROVAL_ID }, 'Nobody decided in time'],
    [
      'a drift',
      { type: 'approval_voided', approvalId: APPROVAL_ID, changes: ['a: 1 became 2'] },
      'a: 1 became 2. Next: you are asked again.',
    ],
    [
      'an abort',
      { type: 'abort_requested', reason: 'wrong day', by: RITA },
      '<@U0REQUESTER> aborted the upgrade: wrong day. Next:',
    ],
    [
      'an abort without a reason',
      { type: 'abort_requested', reason: NO_REASON, by: RITA },
      '<@U0REQUESTER> aborted the upgrade. Next:',
    ],
    [
      'a pause',
      { type: 'paused', by: RITA },
      '<@U0REQUESTER> paused the upgrade. Nothing happens until "/redis-upgrade resume',
    ],
  ])('says who, why and what comes next at %s', (_what, event, text) => {
    expect(lastOf([...waitingForApproval(), event])).toContain(text);
  });

  it('tells at once what the watch comes across, in the channel too where a person should look', () => {
    const found = (urgent: boolean): Said[] => [
      ...(EVERY_STANDING['soaking'] ?? []),
      { type: 'step_noted', step: 'soak', note: { watch: {}, said: 'Rogue writes: 3.', urgent } },
    ];
    expect(lastOf(found(false))).toBe('Rogue writes: 3.');
    expect(lastOf(found(true))).toBe('A person should look at this. Rogue writes: 3.');
    const [last] = journalOf(found(true)).slice(-1);
    expect(last && milestone(last, viewOf(found(true)))?.loud).toBe(true);
  });

  it('keeps to itself what steps note for themselves', () => {
    const before = EVERY_STANDING['soaking'] ?? [];
    const noted: Said[] = [...before, { type: 'step_noted', step: 'soak', note: { watch: {} } }];
    expect(told(noted)).toEqual(told(before));
  });
});
