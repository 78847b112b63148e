import { createHash } from 'node:crypto';
import type { Content } from './blocks/content.ts';
import { type Form, rootMessage } from './blocks/root-message.ts';
import { SlackRefused } from './slack-error.ts';
import { postOnce, refOf, type ThreadDeps, type ThreadSession } from './thread-session.ts';

export interface RootOptions {
  /** The root is edited at most once in this time: edits of all upgrades share one limit of Slack's. */
  rootEditMinMs: number;
  /** Which blocks this process uses; becomes `classic` for good when Slack refuses the others. */
  forms: { current: Form };
}

const ROOT_KEY = 'root';
/** Differs from every content, so that a message of unknown content is edited. */
const UNKNOWN_HASH = '';

/** Posts the root message when there is none. */
export async function ensureRoot(
  deps: ThreadDeps,
  session: ThreadSession,
  options: RootOptions,
): Promise<void> {
  if (session.record.root !== undefined) return;
  await inEitherForm(deps, session, {
    forms: options.forms,
    async send(content) {
      const { ts, isCurrent } = await postOnce(deps, session, { key: ROOT_KEY, content });
      const root = { ts, hash: isCurrent ? hashOf(content) : UNKNOWN_HASH, editedAtMs: deps.clock.now() };
      await session.save({ root, pending: undefined });
    },
  });
}

/**
 * Brings the root up to date when it shows something else. Answers the milliseconds after which it may be edited again,
 * when it is too early now; the last state of an ended upgrade never waits.
 */
export async function editRoot(
  deps: ThreadDeps,
  session: ThreadSession,
  options: RootOptions,
): Promise<number | undefined> {
  const { root } = session.record;
  if (root === undefined || root.hash === hashOf(rootMessage(session.view, options.forms.current)))
    return undefined;
  const waitMs = root.editedAtMs + options.rootEditMinMs - deps.clock.now();
  if (waitMs > 0 && session.view.endedAtMs === undefined) return waitMs;
  await inEitherForm(deps, session, {
    forms: options.forms,
    send: (content) => edit(deps, session, content),
  });
  return undefined;
}

async function edit(deps: ThreadDeps, session: ThreadSession, content: Content): Promise<void> {
  const { root } = session.record;
  if (root === undefined) return;
  try {
    await deps.client.updateMessage(refOf(session, root.ts), content);
  } catch (error) {
    if (!(error instanceof SlackRefused) || !GONE.has(error.reason)) throw error;
    // Somebody deleted it. The thread under it lives on, so nothing is posted anew.
    deps.logger.warn(
      { upgradeId: session.view.id, reason: error.reason },
      'The root message cannot be edited any more',
    );
  }
  await session.save({ root: { ts: root.ts, hash: hashOf(content), editedAtMs: deps.clock.now() } });
}

const GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);

type Sending = { forms: { current: Form }; send(content: Content): Promise<void> };

async function inEitherForm(
  deps: ThreadDeps,
  session: ThreadSession,
  { forms, send }: Sending,
): Promise<void> {
  try {
    await send(rootMessage(session.view, forms.current));
  } catch (error) {
    const refused = error instanceof SlackRefused && error.reason === 'invalid_blocks';
    if (!refused || forms.current === 'classic') throw error;
    deps.logger.warn(
      { reason: error.message },
      'Slack refuses plan blocks; this process uses classic ones from now on',
    );
    forms.current = 'classic';
    await send(rootMessage(session.view, 'classic'));
  }
}

function hashOf(content: Content): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);
}
