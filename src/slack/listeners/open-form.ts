import type { ModalView } from '@slack/types';
import { type Content, sentences } from '../blocks/content.ts';
import { SlackRefused } from '../slack-error.ts';
import type { Handling } from './handling.ts';

/** Opens a form for whoever clicked; says so when Slack gave too little time, which is three seconds from the click. */
export async function openForm(
  { client }: Pick<Handling, 'client'>,
  triggerId: string,
  { view, button }: { view: ModalView; button: string },
): Promise<Content | undefined> {
  try {
    await client.openView(triggerId, view);
    return undefined;
  } catch (error) {
    if (!(error instanceof SlackRefused) || !TOO_LATE.has(error.reason)) throw error;
    return sentences([
      `Slack gave me too little time to open the form. Nothing was decided; please click ${button} again.`,
    ]);
  }
}

const TOO_LATE = new Set(['expired_trigger_id', 'exchanged_trigger_id']);
