import type { SlackMessage } from '../message.ts';
import { type Channel, slackbot, type Workspace } from '../workspace.ts';

/** The channel, when this person is able to act in it; throws otherwise, since the real client would not offer it. */
export function actingIn(workspace: Workspace, user: string, channelId: string): Channel {
  assertCanAct(workspace, user);
  const channel = workspace.channels.get(channelId);
  if (!channel || !workspace.canSee(user, channelId))
    throw new Error(`${user} does not see a channel ${channelId}`);
  if (channel.isArchived) throw new Error(`channel ${channelId} is archived`);
  return channel;
}

export function assertCanAct(workspace: Workspace, user: string): void {
  const person = workspace.users.get(user);
  if (!person) throw new Error(`there is no user ${user}`);
  if (person.deactivated) throw new Error(`${user} is deactivated and cannot sign in`);
  if (person.isBot || user === slackbot) throw new Error(`${user} is a bot and has no screen`);
}

/** Slack itself tells one person something. */
export function whisper(
  workspace: Workspace,
  place: { user: string; channel: string; threadTs?: string },
  text: string,
): SlackMessage {
  return workspace.add({
    type: 'message',
    channel: place.channel,
    ts: workspace.ids.timestamp(),
    user: slackbot,
    team: workspace.seed.team.id,
    text,
    ephemeral_to: place.user,
    ...(place.threadTs === undefined ? {} : { thread_ts: place.threadTs }),
  });
}
