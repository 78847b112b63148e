import type { Person, StartRequest } from '../../service/upgrade-service.ts';
import { accept, type Outcome, refuse } from '../../upgrade/refusal.ts';
import type { UpgradeView } from '../../upgrade/view.ts';
import { helpAnswer, listAnswer, planAnswer, recentAnswer, statusAnswer } from '../blocks/answers.ts';
import { type Content, sentences } from '../blocks/content.ts';
import type { Phrase } from '../blocks/phrase.ts';
import { type CommandLine, parseCommandLine } from '../command-line.ts';
import { APPROVERS_SETTING, NO_REASON } from '../names.ts';
import { SlackRefused } from '../slack-error.ts';
import { handleRollback, handleRollbackQuestion } from './handle-rollback.ts';
import { type Handling, serve } from './handling.ts';
import { steered } from './steered-answer.ts';

export interface CommandRequest {
  person: Person;
  channel: string;
  text: string;
}

const maxRecent = 10;

/** The answer to one slash command. */
export async function handleCommand(deps: Handling, request: CommandRequest): Promise<Content> {
  const parsed = parseCommandLine(request.text);
  if (!parsed.ok) return sentences([parsed.message]);
  const { command } = parsed;
  if (command.name === 'help') return helpAnswer(deps.approvers);
  if (command.name === 'rollback') return rollBack(deps, request.person, command);
  if (command.name === 'list' || command.name === 'plan' || command.name === 'status') {
    return look(deps, request, command);
  }
  if (command.name === 'start') return start(deps, request, command);
  return steer(deps, request, command);
}

type Looking = Extract<CommandLine, { name: 'list' | 'plan' | 'status' }>;
type Steering = Extract<CommandLine, { name: 'abort' | 'pause' | 'resume' | 'finish' | 'verify' | 'repair' }>;

function rollBack(
  deps: Handling,
  person: Person,
  { upgradeId, mode }: Extract<CommandLine, { name: 'rollback' }>,
): Promise<Content> {
  return mode === undefined
    ? handleRollbackQuestion(deps, person, upgradeId)
    : handleRollback(deps, person, { upgradeId, mode });
}

function look(deps: Handling, { person }: CommandRequest, command: Looking): Promise<Content> {
  const { service } = deps;
  const what = command.name;
  if (command.name === 'list') {
    return serve(deps, person, { what, call: async () => accept(await service.list()), render: listAnswer });
  }
  if (command.name === 'plan') {
    return serve(deps, person, { what, call: () => service.plan(pairOf(command)), render: planAnswer });
  }
  const { upgradeId } = command;
  if (upgradeId !== undefined) {
    return serve(deps, person, { what, call: () => service.view(upgradeId), render: statusAnswer });
  }
  const call = async (): Promise<Outcome<UpgradeView[]>> => accept(await service.recent(maxRecent));
  return serve(deps, person, { what, call, render: recentAnswer });
}

function pairOf(command: Omit<StartRequest, 'channel'>): Omit<StartRequest, 'channel'> {
  return { source: command.source, target: command.target, switch: command.switch };
}

function start(
  deps: Handling,
  request: CommandRequest,
  command: Extract<CommandLine, { name: 'start' | 'plan' }>,
): Promise<Content> {
  const channel = deps.defaultChannel ?? request.channel;
  return serve(deps, request.person, {
    what: 'start',
    async call() {
      const usable = await checkThreadChannel(deps, channel);
      if (!usable.ok) return usable;
      return deps.service.start(request.person, { ...pairOf(command), channel });
    },
    render: (view) => startedAnswer(deps, view),
  });
}

const UNUSABLE_CHANNEL = new Set(['channel_not_found', 'not_in_channel', 'is_archived']);

/** An upgrade whose thread cannot be written would ask nobody for approval, so it is not begun. */
async function checkThreadChannel(deps: Handling, channel: string): Promise<Outcome<true>> {
  if (channel.startsWith('D')) {
    return refuse('direct_message', 'Start upgrades in a channel: the approvers must see the thread.');
  }
  try {
    await deps.client.checkChannel(channel);
    return accept(true);
  } catch (error) {
    if (!(error instanceof SlackRefused)) throw error;
    // Not being allowed to read the channel says nothing about being allowed to write into it.
    if (!UNUSABLE_CHANNEL.has(error.reason)) return accept(true);
    return refuse(
      'channel_unusable',
      `I cannot keep the thread of the upgrade in this channel, so nothing was started. ${error.message}`,
    );
  }
}

function startedAnswer(deps: Handling, view: UpgradeView): Content {
  const begun: Phrase = [
    'Upgrade ',
    { code: view.id },
    ` of ${view.source} to ${view.target} has begun. Follow it in `,
    { channel: view.channel },
    '. Clients notice nothing before somebody approves the cutover.',
  ];
  if (deps.approvers.length > 0) return sentences(begun);
  return sentences(begun, [
    { bold: 'Nobody can approve it yet:' },
    ` set ${APPROVERS_SETTING} and restart the bot, or the request will expire and the upgrade be undone.`,
  ]);
}

function steer(deps: Handling, { person }: CommandRequest, command: Steering): Promise<Content> {
  const { service } = deps;
  const { name, upgradeId } = command;
  const call = (): Promise<Outcome<UpgradeView>> => {
    if (name === 'abort') return service.abort(person, { upgradeId, reason: command.reason ?? NO_REASON });
    return service[name](person, upgradeId);
  };
  return serve(deps, person, { what: name, call, render: (view) => steered(name, view) });
}
