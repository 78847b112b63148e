// The payloads an app receives, in the shapes the app's own framework declares for them.
import type {
  BlockAction,
  GlobalShortcut,
  SlashCommand,
  ViewClosedAction,
  ViewSubmitAction,
} from '@slack/bolt';
import type { JsonObject } from '../json.ts';
import { type SlackMessage, toWire } from '../message.ts';
import type { Channel, Workspace } from '../workspace.ts';

/** Slack's long retired verification token; sent for completeness, never to be trusted. */
const legacyToken = 'sandbox-legacy-token';

type Shared = 'team' | 'user' | 'api_app_id' | 'token' | 'is_enterprise_install';

function shared(
  workspace: Workspace,
  userId: string,
): Pick<BlockAction, Shared> & { user: { name: string } } {
  const { team, app } = workspace.seed;
  const name = workspace.users.get(userId)?.name ?? '';
  return {
    team: { id: team.id, domain: team.domain },
    user: { id: userId, username: name, name, team_id: workspace.teamOf(userId) },
    api_app_id: app.id,
    token: legacyToken,
    is_enterprise_install: false,
  };
}

interface Keys {
  triggerId: string;
  responseUrl: string;
}

export interface CommandInput extends Keys {
  user: string;
  channel: Channel;
  command: string;
  text: string;
}

export function commandPayload(workspace: Workspace, input: CommandInput): JsonObject {
  const { team, app } = workspace.seed;
  return {
    token: legacyToken,
    team_id: workspace.teamOf(input.user),
    team_domain: team.domain,
    channel_id: input.channel.id,
    channel_name: input.channel.isPrivate && !input.channel.im ? 'privategroup' : input.channel.name,
    user_id: input.user,
    user_name: workspace.users.get(input.user)?.name ?? '',
    command: input.command,
    text: input.text,
    api_app_id: app.id,
    is_enterprise_install: 'false',
    response_url: input.responseUrl,
    trigger_id: input.triggerId,
  } satisfies SlashCommand;
}

export interface MessageClickInput extends Keys {
  user: string;
  channel: Channel;
  message: SlackMessage;
  action: BlockAction['actions'][number];
}

/** A click in a message. An ephemeral message is not shown back to the app: it is only named in the container. */
export function messageClickPayload(workspace: Workspace, input: MessageClickInput): JsonObject {
  const { channel, message } = input;
  const isEphemeral = message.ephemeral_to !== undefined;
  const thread = message.thread_ts === undefined ? {} : { thread_ts: message.thread_ts };
  const shown = { ...toWire(message, { metadata: true }), type: 'message' as const, ts: message.ts };
  const payload: BlockAction = {
    type: 'block_actions',
    ...shared(workspace, input.user),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: isEphemeral,
      ...thread,
    },
    trigger_id: input.triggerId,
    channel: { id: channel.id, name: channel.im ? 'directmessage' : channel.name },
    ...(isEphemeral ? {} : { message: shown }),
    state: { values: {} },
    response_url: input.responseUrl,
    actions: [input.action],
  };
  return { ...payload, enterprise: null };
}

export interface ViewClickInput {
  user: string;
  view: JsonObject;
  triggerId: string;
  action: BlockAction['actions'][number];
}

/** A click in a modal or Home tab: no channel, no message, no response address. */
export function viewClickPayload(workspace: Workspace, input: ViewClickInput): JsonObject {
  return {
    type: 'block_actions',
    ...shared(workspace, input.user),
    container: { type: 'view', view_id: input.view['id'] },
    trigger_id: input.triggerId,
    view: input.view,
    actions: [input.action],
    enterprise: null,
  };
}

/** Bolt declares the view's fields more narrowly than Slack sends them, hence the view is typed on its own. */
export function submissionPayload(
  workspace: Workspace,
  input: { user: string; view: JsonObject; triggerId: string },
): JsonObject {
  const payload: Omit<ViewSubmitAction, 'view' | 'enterprise'> = {
    type: 'view_submission',
    ...shared(workspace, input.user),
    trigger_id: input.triggerId,
    response_urls: [],
  };
  return { ...payload, view: input.view, enterprise: null };
}

export function closedPayload(
  workspace: Workspace,
  input: { user: string; view: JsonObject; isCleared: boolean },
): JsonObject {
  const payload: Omit<ViewClosedAction, 'view' | 'enterprise'> = {
    type: 'view_closed',
    ...shared(workspace, input.user),
    is_cleared: input.isCleared,
  };
  return { ...payload, view: input.view, enterprise: null };
}

export function shortcutPayload(
  workspace: Workspace,
  input: { user: string; callbackId: string; triggerId: string; actionTs: string },
): JsonObject {
  const { team, user, token } = shared(workspace, input.user);
  const payload: Omit<GlobalShortcut, 'enterprise'> = {
    type: 'shortcut',
    callback_id: input.callbackId,
    trigger_id: input.triggerId,
    action_ts: input.actionTs,
    team,
    user: { id: user.id, username: user.username, team_id: workspace.teamOf(input.user) },
    token,
    is_enterprise_install: false,
  };
  return { ...payload, enterprise: null };
}

/** The Events API frame around an event. */
export function eventPayload(workspace: Workspace, event: JsonObject): JsonObject {
  const { team, app } = workspace.seed;
  const timestamp = workspace.ids.timestamp();
  return {
    token: legacyToken,
    team_id: team.id,
    api_app_id: app.id,
    event: { ...event, event_ts: timestamp },
    type: 'event_callback',
    event_id: workspace.ids.entity('Ev'),
    event_time: Math.floor(Number(timestamp)),
    authorizations: [
      {
        enterprise_id: null,
        team_id: team.id,
        user_id: app.botUserId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
  };
}
