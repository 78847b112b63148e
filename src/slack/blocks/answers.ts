import type { KnownBlock } from '@slack/types';
import type { InstanceRow, PlanPreview } from '../../service/upgrade-service.ts';
import type { UpgradeView } from '../../upgrade/view.ts';
import { USAGE } from '../command-line.ts';
import { APPROVERS_SETTING, COMMAND } from '../names.ts';
import { type Content, header, sentences } from './content.ts';
import { maxMessageBlocks } from './limits.ts';
import { type Phrase, phraseText, richText } from './phrase.ts';
import { standing } from './standing.ts';
import { stepLine } from './step-cards.ts';
import { actor } from './words.ts';

/** More rows than this are counted, not listed. */
const maxListedInstances = 40;
const maxListedUpgrades = 15;
/** Bullets in one block, so that no block grows past what Slack takes. */
const maxBulletsInBlock = 10;

/** What every subcommand does, one line each. */
export function helpAnswer(approvers: readonly string[]): Content {
  const lines: Phrase[] = HELP.map(([usage, what]) => [{ code: `${COMMAND} ${usage}` }, ` ${what}`]);
  const who: Phrase =
    approvers.length === 0
      ? [`Nobody may approve anything yet: set ${APPROVERS_SETTING}.`]
      : [
          'A cutover, a repair before it and a rollback after it need the approval of ',
          ...approvers.flatMap((id, index) => [
            ...(index === 0 ? [] : [', ']),
            id.startsWith('S') ? { group: id } : { user: id },
          ]),
          '; whoever asked for it cannot approve it.',
        ];
  const intro: Phrase = ['I upgrade TencentDB for Redis instances without losing a write.'];
  return {
    text: phraseText(['Redis upgrade: what I can do. ', ...intro]),
    blocks: [richText([intro]), ...bulletBlocks(lines), richText([who])],
  };
}

const HELP: readonly [string, string][] = [
  [USAGE.list, 'shows the instances and what each can be upgraded to.'],
  [USAGE.plan, 'shows what an upgrade would do, and what stands in its way. Changes nothing.'],
  [
    USAGE.start,
    'begins one. Clients are not touched before somebody approves the cutover. With "address" (the default) the old address moves to the new instance; with "code" your team changes its configuration.',
  ],
  [USAGE.status, 'shows how one upgrade stands, or all recent ones.'],
  [USAGE.pause, 'stops before the next step; possible until the cutover begins.'],
  [USAGE.resume, 'goes on after a pause, or tries again after a repair.'],
  [USAGE.abort, 'undoes the upgrade, possible until the address is handed over; or calls its rollback off.'],
  [USAGE.finish, 'ends the watch after the cutover early, and with it the way back.'],
  [
    USAGE.verify,
    'compares all data again before the cutover. Whatever was approved has to be approved anew.',
  ],
  [
    USAGE.repair,
    'makes the new instance equal to the old one again before the cutover, when the comparison found differences. Needs an approval.',
  ],
  [
    USAGE.rollback,
    'goes back after the address was handed over, once it is approved; alone it says what each way costs.',
  ],
];

/** The instances, what each could become, and which upgrade has it now. */
export function listAnswer(rows: readonly InstanceRow[]): Content {
  if (rows.length === 0)
    return sentences(['I see no instances. Check TENCENTCLOUD_REGION and what the access key may read.']);
  const shown = rows.slice(0, maxListedInstances);
  const more = rows.length - shown.length;
  const rest: KnownBlock[] = more === 0 ? [] : [richText([[`${more} more are not shown.`]])];
  return {
    text: `${rows.length} Redis instance${rows.length === 1 ? '' : 's'}`,
    blocks: [header('Redis instances'), ...bulletBlocks(shown.map(instanceLine)), ...rest],
  };
}

function instanceLine(row: InstanceRow): Phrase {
  const future = row.upgradesTo.length === 0 ? 'no upgrade' : `can become ${row.upgradesTo.join(', ')}`;
  const taken: Phrase = row.upgradeId === undefined ? [] : ['; in upgrade ', { code: row.upgradeId }];
  const facts = `${row.kind}, ${row.memoryMb} MB, ${row.address}, ${row.region}, ${row.status}; ${future}`;
  return [{ code: row.id }, ' ', { bold: row.name === '' ? '(no name)' : row.name }, `: ${facts}`, ...taken];
}

/** Everything `start` would do, in order, and what stands in the way first. */
export function planAnswer(preview: PlanPreview): Content {
  const { source, target, problems } = preview;
  const free = problems.length === 0;
  const start = `${COMMAND} start ${source.id} ${target.id}${preview.switch === 'code' ? ' --switch code' : ''}`;
  const verdict: Phrase = free
    ? [{ bold: 'Nothing stands in the way.' }, ' Nothing has been changed. To begin: ', { code: start }]
    : [
        {
          bold:
            problems.length === 1
              ? 'One thing stands in the way.'
              : `${problems.length} things stand in the way.`,
        },
        ' Nothing has been changed.',
      ];
  const pair: Phrase = [...side(source), ' → ', ...side(target)];
  return {
    text: phraseText([`Plan for ${source.id} to ${target.id}. `, ...verdict]),
    blocks: [
      header(`Plan: ${source.id} → ${target.id}`),
      richText([pair, switchWords(preview), verdict]),
      ...titled('What stands in the way', problems),
      ...titled('Know before you start', preview.warnings),
      ...titled('Advice', preview.advice),
      ...titledPhrases('The steps', preview.steps.map(stepWords)),
    ].slice(0, maxMessageBlocks),
  };
}

function side(one: PlanPreview['source']): Phrase {
  return [{ code: one.id }, ` (${one.name}, ${one.kind}, ${one.address}, ${one.region})`];
}

function switchWords(preview: PlanPreview): Phrase {
  if (preview.switch === 'code')
    return ["Switch: your team changes its configuration to the target's address."];
  return [
    `Switch: the address ${preview.source.address} moves to the target; clients keep their configuration.`,
  ];
}

function stepWords(step: PlanPreview['steps'][number]): Phrase {
  return [{ bold: step.title }, `: ${step.what} Undo: ${step.undo}`];
}

/** One upgrade, with its steps. */
export function statusAnswer(view: UpgradeView): Content {
  const words = standing(view);
  const begun = view.steps.filter((step) => step.status !== 'never_started');
  const left = view.steps.length - begun.length;
  const rest: Phrase[] = left === 0 ? [] : [[`${left} of ${view.steps.length} steps have not begun.`]];
  const asked: Phrase = [
    'Asked for by ',
    actor(view.requester),
    ' ',
    { atMs: view.requestedAtMs },
    '; its thread is in ',
    { channel: view.channel },
    '.',
  ];
  return {
    text: phraseText([`Upgrade ${view.id}: `, ...words]),
    blocks: [
      header(`${view.id}: ${view.source} → ${view.target}`),
      richText([words, asked]),
      ...bulletBlocks([...begun.map((step): Phrase => [stepLine(step, view)]), ...rest]),
    ],
  };
}

/** The unfinished and the latest upgrades, one line each. */
export function recentAnswer(views: readonly UpgradeView[]): Content {
  if (views.length === 0)
    return sentences([
      'There has been no upgrade yet. To see what is possible: ',
      { code: `${COMMAND} list` },
    ]);
  const shown = views.slice(0, maxListedUpgrades);
  return {
    text: `${shown.length} upgrade${shown.length === 1 ? '' : 's'}`,
    blocks: [header('Upgrades'), ...bulletBlocks(shown.map(upgradeLine))],
  };
}

function upgradeLine(view: UpgradeView): Phrase {
  return [{ code: view.id }, ` ${view.source} → ${view.target}: `, ...standing(view)];
}

function titled(title: string, lines: readonly string[]): KnownBlock[] {
  return titledPhrases(
    title,
    lines.map((line) => [line]),
  );
}

function titledPhrases(title: string, lines: readonly Phrase[]): KnownBlock[] {
  return lines.length === 0 ? [] : [richText([[{ bold: title }]]), ...bulletBlocks(lines)];
}

function bulletBlocks(lines: readonly Phrase[]): KnownBlock[] {
  const blocks: KnownBlock[] = [];
  for (let from = 0; from < lines.length; from += maxBulletsInBlock) {
    blocks.push(richText([], lines.slice(from, from + maxBulletsInBlock)));
  }
  return blocks;
}
