import type { RespondFn } from '@slack/bolt';
import type { Content } from '../blocks/content.ts';
import { sentences } from '../blocks/content.ts';
import { maxReasonChars } from '../blocks/limits.ts';
import type { SlackClient } from '../client.ts';
import { ACTIONS, COMMAND, REJECTION_MODAL, ROLLBACK_MODAL } from '../names.ts';
import { type BoundaryDeps, guard } from './boundary.ts';
import { handleCommand } from './handle-command.ts';
import { handleApprove, handleRejectClick, handleRejection } from './handle-decision.ts';
import { handleRollBackClick, handleRollback } from './handle-rollback.ts';
import { handleAbort, handleFinish } from './handle-upgrade-button.ts';
import type { Handling } from './handling.ts';
import {
  addresseeSchema,
  type Click,
  clickSchema,
  commandSchema,
  personOf,
  rejectionSchema,
  rollbackSchema,
} from './payloads.ts';
import { type Addressee, createReply } from './reply.ts';

/** What a listener gets from the transport. */
interface Incoming {
  body: unknown;
  ack(answer?: { response_action: 'errors'; errors: Record<string, string> }): Promise<void>;
  respond: RespondFn | undefined;
}

export type Listener = (incoming: Incoming) => Promise<void>;

/** Every listener by the name that Slack sends. The manifest is tested against the keys. */
export interface ListenerTable {
  commands: Record<string, Listener>;
  actions: Record<string, Listener>;
  views: Record<string, Listener>;
  /** For clicks on buttons that this version does not have. */
  unknownAction: Listener;
}

export type ListenerDeps = Handling & BoundaryDeps & { client: SlackClient };

export function listenerTable(deps: ListenerDeps): ListenerTable {
  const onClick = (work: (click: Click) => Promise<Content | undefined>): Listener =>
    clickListener(deps, work);
  return {
    commands: { [COMMAND]: commandListener(deps) },
    actions: {
      [ACTIONS.approve]: onClick((click) => handleApprove(deps, personOf(click), click.actions[0].value)),
      [ACTIONS.reject]: onClick((click) =>
        handleRejectClick(deps, click.trigger_id, {
          ...placeOf(click),
          approvalId: click.actions[0].value,
        }),
      ),
      [ACTIONS.abort]: onClick((click) => handleAbort(deps, personOf(click), click.actions[0].value)),
      [ACTIONS.finish]: onClick((click) => handleFinish(deps, personOf(click), click.actions[0].value)),
      [ACTIONS.rollBack]: onClick((click) =>
        handleRollBackClick(deps, click.trigger_id, { ...placeOf(click), upgradeId: click.actions[0].value }),
      ),
    },
    views: {
      [REJECTION_MODAL.callbackId]: rejectionListener(deps),
      [ROLLBACK_MODAL.callbackId]: rollbackListener(deps),
    },
    unknownAction: (incoming) =>
      guard(deps, {
        ...incoming,
        what: 'unknown action',
        reply: createReply(deps, addresseeOf(incoming.body), incoming.respond),
        work: async () =>
          sentences(['This button belongs to another version of the bot and does nothing any more.']),
      }),
  };
}

function commandListener(deps: ListenerDeps): Listener {
  return ({ body, ack, respond }) =>
    guard(deps, {
      what: COMMAND,
      ack,
      reply: createReply(deps, addresseeOf(body), respond),
      work() {
        const command = commandSchema.parse(body);
        return handleCommand(deps, {
          person: { kind: 'person', via: 'slack', id: command.user_id, teamId: command.team_id },
          channel: command.channel_id,
          text: command.text,
        });
      },
    });
}

function clickListener(deps: ListenerDeps, work: (click: Click) => Promise<Content | undefined>): Listener {
  return ({ body, ack, respond }) =>
    guard(deps, {
      what: 'click',
      ack,
      reply: createReply(deps, clickAddressee(body), respond),
      work: async () => work(clickSchema.parse(body)),
    });
}

function rejectionListener(deps: ListenerDeps): Listener {
  return async ({ body, ack }) => {
    const parsed = rejectionSchema.safeParse(body);
    const reason = parsed.data?.view.state.trim() ?? '';
    const wrong = parsed.success ? whatIsWrong(reason) : undefined;
    if (wrong !== undefined) {
      await ack({ response_action: 'errors', errors: { [REJECTION_MODAL.blockId]: wrong } });
      return;
    }
    const state = parsed.data?.view.private_metadata;
    const to = state &&
      parsed.data && { user: parsed.data.user.id, channel: state.channel, threadTs: state.threadTs };
    await guard(deps, {
      what: 'rejection',
      ack,
      reply: createReply(deps, to),
      work: async () => {
        if (!parsed.success) throw parsed.error;
        const { approvalId } = parsed.data.view.private_metadata;
        return handleRejection(deps, personOf(parsed.data), { approvalId, reason });
      },
    });
  };
}

function rollbackListener(deps: ListenerDeps): Listener {
  return async ({ body, ack }) => {
    const parsed = rollbackSchema.safeParse(body);
    const mode = parsed.data?.view.state;
    if (parsed.success && mode === undefined) {
      await ack({
        response_action: 'errors',
        errors: { [ROLLBACK_MODAL.blockId]: 'Choose one of the two.' },
      });
      return;
    }
    const state = parsed.data?.view.private_metadata;
    const to = state &&
      parsed.data && { user: parsed.data.user.id, channel: state.channel, threadTs: state.threadTs };
    await guard(deps, {
      what: 'rollback',
      ack,
      reply: createReply(deps, to),
      work: async () => {
        if (!parsed.success) throw parsed.error;
        const { upgradeId } = parsed.data.view.private_metadata;
        return mode && handleRollback(deps, personOf(parsed.data), { upgradeId, mode });
      },
    });
  };
}

function whatIsWrong(reason: string): string | undefined {
  if (reason === '') return 'Say in a few words why, for the people who read the thread.';
  if (reason.length > maxReasonChars) return `At most ${maxReasonChars} characters, please.`;
  return undefined;
}

/** Where the answer to a form is to appear: in the thread of the message that was clicked. */
function placeOf(click: Click): { channel: string; threadTs: string } {
  return { channel: click.channel.id, threadTs: click.message.thread_ts ?? click.message.ts };
}

function addresseeOf(body: unknown): Addressee | undefined {
  return addresseeSchema.safeParse(body).data;
}

/** Answers to a click appear in the thread of the message that was clicked, where the eyes are. */
function clickAddressee(body: unknown): Addressee | undefined {
  const click = clickSchema.safeParse(body).data;
  if (click === undefined) return addresseeOf(body);
  return { user: click.user.id, channel: click.channel.id, threadTs: click.message.thread_ts };
}
