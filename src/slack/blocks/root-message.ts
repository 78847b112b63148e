import type { ActionsBlockElement, ContextBlock, KnownBlock } from '@slack/types';
import { holderOf } from '../../upgrade/holder.ts';
import { formatAddress } from '../../upgrade/instance.ts';
import type { UpgradeView } from '../../upgrade/view.ts';
import { ACTIONS } from '../names.ts';
import { actions, button, type Content, header, plain } from './content.ts';
import { maxFieldChars } from './limits.ts';
import { type Phrase, phraseMarkup, phraseText, richText } from './phrase.ts';
import { standing } from './standing.ts';
import { classicSteps, planBlock } from './step-cards.ts';
import { actor } from './words.ts';

/** Which blocks to use: Slack's plan and task cards, or only those that every Slack knows. */
export type Form = 'cards' | 'classic';

/** The one message of an upgrade that is edited as it goes. */
export function rootMessage(view: UpgradeView, form: Form): Content {
  const words = standing(view);
  return {
    text: phraseText([`Redis upgrade ${view.id}, ${view.source} to ${view.target}. `, ...words]),
    blocks: [
      header(`Upgrade ${view.source} → ${view.target}`),
      form === 'cards' ? richText([words]) : section(words),
      ...(form === 'cards' ? [planBlock(view)] : classicSteps(view)),
      contextOf(view),
      ...actions(buttonsOf(view)),
    ],
  };
}

function section(words: Phrase): KnownBlock {
  return { type: 'section', text: { type: 'mrkdwn', text: phraseMarkup(words) } };
}

function contextOf(view: UpgradeView): ContextBlock {
  const requested: Phrase = ['Asked for by ', actor(view.requester), ' ', { atMs: view.requestedAtMs }];
  return {
    type: 'context',
    elements: [
      { type: 'mrkdwn', text: phraseMarkup([`Upgrade ${view.id}`], maxFieldChars) },
      { type: 'mrkdwn', text: phraseMarkup(requested, maxFieldChars) },
      plain(pairOf(view), maxFieldChars),
      plain(addressLine(view), maxFieldChars),
    ],
  };
}

/** `crs-a (orders, 2.8 standard) → crs-b (orders-new, 4.0 cluster)`; ids alone before there is a plan. */
function pairOf(view: UpgradeView): string {
  if (view.plan === undefined) return `${view.source} → ${view.target}`;
  const { source, target } = view.plan;
  const [from, to] = [source, target].map((one) => `${one.id} (${one.name}, ${one.version} ${one.edition})`);
  return `${from} → ${to}`;
}

function addressLine(view: UpgradeView): string {
  if (view.plan === undefined) return 'The plan is being made';
  const address = formatAddress(view.plan.oldAddress);
  if (view.switch === 'code')
    return `No address moves: ${view.source} is ${address}, and the team changes its configuration`;
  const holder = holderOf(view);
  if (holder === 'moving') return `Old address ${address}: moving between the instances`;
  return `Old address ${address}: held by ${holder === 'target' ? view.target : view.source}`;
}

function buttonsOf(view: UpgradeView): ActionsBlockElement[] {
  return [
    ...(view.canFinish ? [finishButton(view)] : []),
    ...(view.canRollBack ? [rollBackButton(view)] : []),
    ...(view.canAbort ? [view.rollback === undefined ? abortButton(view) : callOffButton(view)] : []),
  ];
}

function finishButton(view: UpgradeView): ActionsBlockElement {
  return button({
    actionId: ACTIONS.finish,
    value: view.id,
    label: 'Finish now',
    confirm: {
      title: 'Finish the upgrade now?',
      text: 'The watch over the new instance ends early, the copy job is taken down, and there is no way back any more.',
      yes: 'Finish',
      no: 'Keep watching',
    },
  });
}

/** Opens the form in which a person chooses how; nothing happens before it is sent. */
function rollBackButton(view: UpgradeView): ActionsBlockElement {
  return button({ actionId: ACTIONS.rollBack, value: view.id, label: 'Roll back…', style: 'danger' });
}

function abortButton(view: UpgradeView): ActionsBlockElement {
  return button({
    actionId: ACTIONS.abort,
    value: view.id,
    label: 'Abort',
    style: 'danger',
    confirm: {
      title: 'Abort this upgrade?',
      text: `Everything it changed is put back, and clients stay with ${view.source}. The copy made so far is lost.`,
      yes: 'Abort the upgrade',
      no: 'Let it go on',
    },
  });
}

function callOffButton(view: UpgradeView): ActionsBlockElement {
  return button({
    actionId: ACTIONS.abort,
    value: view.id,
    label: 'Call off the rollback',
    style: 'danger',
    confirm: {
      title: 'Call off the rollback?',
      text: `What the rollback changed is put back, and ${view.target} goes on serving.`,
      yes: 'Call it off',
      no: 'Let it go on',
    },
  });
}
