import type { ModalView } from '@slack/types';
import type { RollbackMode } from '../../upgrade/plan.ts';
import type { UpgradeView } from '../../upgrade/view.ts';
import { COMMAND, ROLLBACK_MODAL } from '../names.ts';
import { type Content, plain } from './content.ts';
import { maxFieldChars, maxModalTitleChars, maxOptionChars, maxPrivateMetadataChars } from './limits.ts';
import { type Phrase, phraseText, richText } from './phrase.ts';
import { priceOf } from './rollback-words.ts';
import { whoServes } from './where.ts';

const MODES: readonly RollbackMode[] = ['lossless', 'fast'];
const NAMES: Record<RollbackMode, string> = { lossless: 'Lossless', fast: 'Fast' };
/** The prices are above: Slack allows few characters here. */
const LABELS: Record<RollbackMode, string> = {
  lossless: 'Lossless: copy the new writes back first',
  fast: 'Fast: lose the writes since the cutover',
};

/** The two ways back with their prices and how each is asked for: for a person who has not said which. */
export function rollbackChoice(view: UpgradeView): Content {
  const lead: Phrase = [
    'There are two ways back, and which is better is yours to say. ',
    { bold: 'Nothing has been changed.' },
    ` ${whoServes(view)}`,
  ];
  return {
    text: phraseText(lead),
    blocks: [
      richText([lead]),
      richText(
        [],
        MODES.map((mode) => [...price(mode, view), ' Ask for it: ', { code: commandOf(mode, view) }]),
      ),
      richText([[AFTERWARDS]]),
    ],
  };
}

/** The same as a form. Neither way is chosen beforehand. `state` comes back with the submission as it is. */
export function rollbackModal(view: UpgradeView, state: string): ModalView {
  if (state.length > maxPrivateMetadataChars) throw new RangeError('The state of the modal is too long');
  return {
    type: 'modal',
    callback_id: ROLLBACK_MODAL.callbackId,
    private_metadata: state,
    title: plain('Roll back', maxModalTitleChars),
    submit: plain('Ask for the rollback', maxModalTitleChars),
    close: plain('Back', maxModalTitleChars),
    blocks: [
      richText(
        [[`From ${view.target} back to ${view.source}. ${whoServes(view)}`]],
        MODES.map((mode) => price(mode, view)),
      ),
      {
        type: 'input',
        block_id: ROLLBACK_MODAL.blockId,
        label: plain('Which way?', maxFieldChars),
        element: {
          type: 'radio_buttons',
          action_id: ROLLBACK_MODAL.actionId,
          options: MODES.map((mode) => ({ text: plain(LABELS[mode], maxOptionChars), value: mode })),
        },
      },
      richText([[AFTERWARDS]]),
    ],
  };
}

const AFTERWARDS = 'Either way it is checked first, and somebody other than who asks has to approve it.';

function price(mode: RollbackMode, view: UpgradeView): Phrase {
  return [{ bold: `${NAMES[mode]}.` }, ' ', ...priceOf(mode, view)];
}

function commandOf(mode: RollbackMode, view: UpgradeView): string {
  return `${COMMAND} rollback ${view.id} --${mode}`;
}
