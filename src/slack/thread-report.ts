import type { UpgradeService } from '../service/upgrade-service.ts';
import { sentences } from './blocks/content.ts';
import { reportFile, reportMark, reportRefused, reportText } from './blocks/report-words.ts';
import { lastWithDifferences } from './compared.ts';
import { SlackRateLimited, SlackRefused } from './slack-error.ts';
import {
  findPosted,
  isChannelUnusable,
  postOnce,
  type ThreadDeps,
  type ThreadSession,
} from './thread-session.ts';

/** Of the file; far below Slack's own limit, and more than anybody reads. */
const maxReportBytes = 1_000_000;

/** The list that a comparison left, as it goes into the thread. */
interface List {
  seq: number;
  /** Words that only this file is said with. */
  mark: string;
}

/**
 * Puts the list of differences of the last comparison into the thread, once. A file carries no metadata, so one that an earlier
 * attempt may have shared is known by its words; Slack may show a file some time after it took it, and then a lost answer can
 * double it. What Slack refuses for want of a permission is said instead.
 */
export async function postReport(
  deps: ThreadDeps,
  session: ThreadSession,
  service: Pick<UpgradeService, 'verificationReport'>,
): Promise<void> {
  const compared = lastWithDifferences(session.journal);
  if (compared === undefined || compared.seq <= (session.record.report?.through ?? -1)) return;
  const list: List = { seq: compared.seq, mark: reportMark(session.view.id, compared.ordinal) };
  if (!(await isThere(deps, session, list)))
    await share(deps, session, { ...list, text: await service.verificationReport(session.view.id) });
  await session.save({ report: { through: list.seq }, pending: undefined });
}

async function isThere(deps: ThreadDeps, session: ThreadSession, list: List): Promise<boolean> {
  const pending = session.record.report?.pending;
  if (pending?.seq !== list.seq) return false;
  const isIt = ({ text }: { text: string }): boolean => text.includes(`${list.mark} `);
  return (await findPosted(deps, session, { sinceMs: pending.sinceMs, isIt })) !== undefined;
}

async function share(
  deps: ThreadDeps,
  session: ThreadSession,
  list: List & { text: string | undefined },
): Promise<void> {
  const { record, view } = session;
  const file = reportFile(list.text ?? '', maxReportBytes);
  if (file === undefined || record.root === undefined) return;
  const through = record.report?.through ?? -1;
  const pending = { seq: list.seq, sinceMs: deps.clock.now() };
  if (record.report?.pending?.seq !== list.seq) await session.save({ report: { through, pending } });
  try {
    await deps.client.shareFile({
      channel: record.channel,
      threadTs: record.root.ts,
      name: `differences-${view.id}.jsonl`,
      text: reportText(list.mark, file),
      content: file.content,
    });
  } catch (error) {
    // Slack said no before anything was shown: there is no doubt left to clear up.
    if (error instanceof SlackRateLimited || error instanceof SlackRefused)
      await session.save({ report: { through } });
    if (!(error instanceof SlackRefused) || isChannelUnusable(error)) throw error;
    deps.logger.warn(
      { upgradeId: view.id, reason: error.reason },
      'The list of differences cannot be shared',
    );
    const content = sentences(reportRefused(list.mark, file.lines + file.left, error.message));
    await postOnce(deps, session, { key: `report:${list.seq}`, content });
  }
}
