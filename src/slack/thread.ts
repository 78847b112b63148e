import type { Approvers, UpgradeService } from '../service/upgrade-service.ts';
import type { Form } from './blocks/root-message.ts';
import { SlackRateLimited, SlackRefused } from './slack-error.ts';
import { newThreadRecord } from './thread-record.ts';
import { postReplies, type ReplyOptions, settleApprovals } from './thread-replies.ts';
import { postReport } from './thread-report.ts';
import { editRoot, ensureRoot, type RootOptions } from './thread-root.ts';
import { hopeless, openSession, type ThreadDeps, type ThreadSession } from './thread-session.ts';

/** Two seconds between edits keep twenty upgrades at once under Slack's fifty edits a minute most of the time. */
const defaultRootEditMinMs = 2_000;

export interface ThreadOptions extends ThreadDeps {
  service: Pick<UpgradeService, 'view' | 'journal' | 'verificationReport'>;
  approvers: Pick<Approvers, 'configured'>;
  /** Default 2,000. */
  rootEditMinMs?: number;
  /** Said in the approval request; left out when unset. */
  cutoverBudgetMs?: number;
}

export interface Thread {
  /**
   * Makes Slack show what the journal says, and nothing twice. To be called whenever an upgrade may have changed, as often
   * as one likes, but never at the same time for the same upgrade. `again`: call once more after so many milliseconds,
   * something is not shown yet. Throws an OperatingError: retryable when Slack does not answer, else with the cure.
   */
  publish(upgradeId: string): Promise<{ again?: number }>;
}

export function createThread(options: ThreadOptions): Thread {
  const forms: { current: Form } = { current: 'cards' };
  const root: RootOptions = { rootEditMinMs: options.rootEditMinMs ?? defaultRootEditMinMs, forms };

  return {
    async publish(upgradeId) {
      const session = await open(options, upgradeId);
      if (session === undefined) return {};
      const replies: ReplyOptions = {
        approvers: options.approvers.configured(),
        cutoverBudgetMs: options.cutoverBudgetMs,
      };
      return runStages(options, session, [
        () => ensureRoot(options, session, root),
        // Buttons that do nothing any more go first: somebody may be about to click.
        () => settleApprovals(options, session, replies),
        async () => {
          await postReplies(options, session, replies);
          // A request found from an earlier attempt may show an earlier state.
          await settleApprovals(options, session, replies);
        },
        () => editRoot(options, session, root),
        // The slowest comes last.
        () => postReport(options, session, options.service),
      ]);
    },
  };
}

async function open(options: ThreadOptions, upgradeId: string): Promise<ThreadSession | undefined> {
  // The journal first: the view is then at least as new as every event that is told about.
  const journal = await options.service.journal(upgradeId);
  const view = await options.service.view(upgradeId);
  if (!journal.ok || !view.ok) {
    options.logger.warn({ upgradeId }, 'Asked to publish an upgrade that does not exist');
    return undefined;
  }
  const record = (await options.store.read(upgradeId)) ?? newThreadRecord(view.value.channel);
  return openSession(options.store, { view: view.value, journal: journal.value, record });
}

type Stage = () => Promise<unknown>;

/**
 * Stages are independent of each other as far as Slack's limits go: one that must wait or cannot be done does not keep the
 * later ones back. Only silence ends the publishing at once, since it would only repeat.
 */
async function runStages(
  deps: ThreadDeps,
  session: ThreadSession,
  stages: readonly Stage[],
): Promise<{ again?: number }> {
  const ends: StageEnd[] = [];
  for (const stage of stages) {
    ends.push(await runStage(stage));
    // Without a root there is no thread to post into.
    if (session.record.root === undefined) break;
  }
  const refused = ends.find((end) => end.refused !== undefined)?.refused;
  if (refused !== undefined) throw reported(deps, session, refused);
  const again = Math.max(0, ...ends.map((end) => end.waitMs));
  return again > 0 ? { again } : {};
}

interface StageEnd {
  /** 0: nothing left to do. */
  waitMs: number;
  refused?: SlackRefused;
}

async function runStage(stage: Stage): Promise<StageEnd> {
  try {
    const answer = await stage();
    return { waitMs: typeof answer === 'number' ? answer : 0 };
  } catch (error) {
    if (error instanceof SlackRateLimited) return { waitMs: error.retryAfterMs };
    if (error instanceof SlackRefused) return { waitMs: 0, refused: error };
    throw error;
  }
}

function reported(deps: ThreadDeps, session: ThreadSession, refused: SlackRefused): Error {
  const error = hopeless(refused, session.record.channel);
  deps.logger.error({ upgradeId: session.view.id, reason: refused.reason }, error.message);
  return error;
}
