import type { ModalView } from '@slack/types';
import { REJECTION_MODAL } from '../names.ts';
import { plain } from './content.ts';
import { maxFieldChars, maxModalTitleChars, maxPrivateMetadataChars, maxReasonChars } from './limits.ts';
import { richText } from './phrase.ts';

/** Asks for the reason of a rejection. `state` comes back with the submission as it is. */
export function rejectionModal(state: string): ModalView {
  if (state.length > maxPrivateMetadataChars) throw new RangeError('The state of the modal is too long');
  return {
    type: 'modal',
    callback_id: REJECTION_MODAL.callbackId,
    private_metadata: state,
    title: plain('Reject the request', maxModalTitleChars),
    submit: plain('Reject', maxModalTitleChars),
    close: plain('Back', maxModalTitleChars),
    blocks: [
      richText([
        [
          'Clients stay where they are: a rejected cutover undoes the upgrade, a rejected rollback is called off. Everybody in the thread sees your name and the reason.',
        ],
      ]),
      {
        type: 'input',
        block_id: REJECTION_MODAL.blockId,
        label: plain('Reason', maxFieldChars),
        element: {
          type: 'plain_text_input',
          action_id: REJECTION_MODAL.actionId,
          multiline: true,
          min_length: 1,
          max_length: maxReasonChars,
          focus_on_load: true,
        },
      },
    ],
  };
}
