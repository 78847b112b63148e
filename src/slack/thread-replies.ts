import { approvalHistory, type ShownApproval } from './approval-history.ts';
import { approvalMessage } from './blocks/approval-message.ts';
import { milestoneMessage } from './blocks/milestone-message.ts';
import { type Milestone, milestone } from './milestones.ts';
import { SlackRefused } from './slack-error.ts';
import { type OneMessage, postOnce, refOf, type ThreadDeps, type ThreadSession } from './thread-session.ts';
import { viewAt } from './view-at.ts';

export interface ReplyOptions {
  /** Whom an open approval request mentions, and who is called when it is stuck. */
  approvers: readonly string[];
  cutoverBudgetMs: number | undefined;
}

/** Posts what the thread does not have yet, in the order of the journal, each once. */
export async function postReplies(
  deps: ThreadDeps,
  session: ThreadSession,
  options: ReplyOptions,
): Promise<void> {
  const approvals = approvalHistory(session.journal, session.view);
  for (const event of session.journal) {
    if (event.seq <= session.record.publishedThrough) continue;
    const approval = approvals.find((one) => one.seq === event.seq);
    if (approval !== undefined) {
      await postApproval(deps, session, { ...options, approval });
      continue;
    }
    const said = milestone(event, viewAt(session.journal, event, session.view));
    if (said === undefined) continue;
    const content = milestoneMessage(stillCalling(said, session), {
      approvers: options.approvers,
      requester: session.view.requester,
    });
    await postOnce(deps, session, { key: `event:${event.seq}`, content, broadcast: said.loud });
    await session.save({ publishedThrough: event.seq, pending: undefined });
  }
  const last = session.journal.at(-1)?.seq ?? -1;
  // Events that say nothing are noted together: one write rather than one each.
  if (last > session.record.publishedThrough) await session.save({ publishedThrough: last });
}

/** After an outage it may be stuck no more, or somebody has said what is to be done: then nobody is called to it. */
function stillCalling(said: Milestone, { view }: ThreadSession): Milestone {
  return said.calls === 'approvers' && view.stuck === undefined && view.differences === undefined
    ? { words: said.words, loud: said.loud }
    : said;
}

type Approving = ReplyOptions & { approval: ShownApproval };

async function postApproval(deps: ThreadDeps, session: ThreadSession, words: Approving): Promise<void> {
  const { approval } = words;
  const message: OneMessage = {
    key: `approval:${approval.id}`,
    content: approvalMessage(words),
    // After an outage a request may be decided before it was ever shown; then it calls nobody.
    broadcast: approval.status === 'waiting',
  };
  const { ts, isCurrent } = await postOnce(deps, session, message);
  await session.save({
    publishedThrough: approval.seq,
    pending: undefined,
    approvals: {
      ...session.record.approvals,
      [approval.id]: { ts, shown: isCurrent ? approval.status : 'unknown' },
    },
  });
}

/** Takes the buttons off requests that are decided, and says who, when and why. */
export async function settleApprovals(
  deps: ThreadDeps,
  session: ThreadSession,
  options: ReplyOptions,
): Promise<void> {
  for (const approval of approvalHistory(session.journal, session.view)) {
    const posted = session.record.approvals[approval.id];
    if (posted === undefined || posted.shown === approval.status) continue;
    try {
      await deps.client.updateMessage(refOf(session, posted.ts), approvalMessage({ ...options, approval }));
    } catch (error) {
      if (!(error instanceof SlackRefused) || !GONE.has(error.reason)) throw error;
      deps.logger.warn(
        { upgradeId: session.view.id, reason: error.reason },
        'An approval message cannot be edited any more',
      );
    }
    const shown = { ts: posted.ts, shown: approval.status };
    await session.save({ approvals: { ...session.record.approvals, [approval.id]: shown } });
  }
}

const GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);
