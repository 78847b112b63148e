import type { Person } from '../../service/upgrade-service.ts';
import type { RollbackMode } from '../../upgrade/plan.ts';
import { type Outcome, refuse } from '../../upgrade/refusal.ts';
import type { UpgradeView } from '../../upgrade/view.ts';
import { type Content, sentences } from '../blocks/content.ts';
import type { Phrase } from '../blocks/phrase.ts';
import { rollbackChoice, rollbackModal } from '../blocks/rollback-choice.ts';
import { whyNoWayBack } from '../blocks/rollback-words.ts';
import { APPROVERS_SETTING } from '../names.ts';
import { type Handling, serve } from './handling.ts';
import { openForm } from './open-form.ts';
import type { RollbackState } from './payloads.ts';

/** Asks for a rollback; it has an approval of its own. */
export function handleRollback(
  deps: Handling,
  person: Person,
  request: { upgradeId: string; mode: RollbackMode },
): Promise<Content> {
  return serve(deps, person, {
    what: `rollback ${request.mode}`,
    call: () => deps.service.rollback(person, request),
    render: (view) => askedAnswer(deps, view, request.mode),
  });
}

/** Somebody who did not say which way is told the price of each, and nothing is changed. */
export function handleRollbackQuestion(deps: Handling, person: Person, upgradeId: string): Promise<Content> {
  return serve(deps, person, {
    what: 'rollback question',
    call: () => readReturnable(deps, upgradeId),
    render: rollbackChoice,
  });
}

/** Opens the form with both ways and their prices; who may ask is decided when it comes back. */
export async function handleRollBackClick(
  deps: Handling,
  triggerId: string,
  state: RollbackState,
): Promise<Content | undefined> {
  const found = await readReturnable(deps, state.upgradeId);
  if (!found.ok) return sentences([found.refusal.message]);
  const view = rollbackModal(found.value, JSON.stringify(state));
  return openForm(deps, triggerId, { view, button: 'Roll back' });
}

/** The upgrade, if a rollback of it could be asked for now. The service decides that again when it is. */
async function readReturnable(deps: Handling, upgradeId: string): Promise<Outcome<UpgradeView>> {
  const found = await deps.service.view(upgradeId);
  if (!found.ok || found.value.canRollBack) return found;
  return refuse('not_now', whyNoWayBack(found.value));
}

function askedAnswer(deps: Handling, view: UpgradeView, mode: RollbackMode): Content {
  const asked: Phrase = [
    `A ${mode} rollback of `,
    { code: view.id },
    ` is asked for. I check whether it can be done, then an approver other than you decides in the thread. Until then ${view.target} goes on serving.`,
  ];
  return deps.approvers.length > 0 ? sentences(asked) : sentences(asked, NOBODY);
}

const NOBODY: Phrase = [
  { bold: 'Nobody can approve it yet:' },
  ` set ${APPROVERS_SETTING} and restart the bot, or the request expires and the rollback is called off.`,
];
