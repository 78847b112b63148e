// What of Slack this stands for, method by method and surface by surface. A test holds it against the routes.

type Support = 'supported' | 'partial' | 'not modelled';

export interface Coverage {
  name: string;
  support: Support;
  note?: string;
}

/** Web API methods. */
export const methodCoverage: readonly Coverage[] = [
  { name: 'api.test', support: 'supported' },
  { name: 'apps.connections.open', support: 'supported' },
  { name: 'auth.test', support: 'supported' },
  { name: 'blocks.validate', support: 'partial', note: 'one error code, no constraint details' },
  { name: 'chat.delete', support: 'supported' },
  { name: 'chat.getPermalink', support: 'supported' },
  { name: 'chat.postEphemeral', support: 'supported' },
  { name: 'chat.postMessage', support: 'partial', note: 'no unfurling, no parse, no custom name or icon' },
  { name: 'chat.update', support: 'partial', note: 'edit windows of a workspace are not modelled' },
  { name: 'chat.startStream', support: 'not modelled', note: 'streams end after five minutes' },
  { name: 'chat.appendStream', support: 'not modelled' },
  { name: 'chat.stopStream', support: 'not modelled' },
  { name: 'chat.scheduleMessage', support: 'not modelled' },
  { name: 'conversations.history', support: 'supported' },
  { name: 'conversations.info', support: 'supported' },
  { name: 'conversations.join', support: 'supported' },
  { name: 'conversations.list', support: 'supported' },
  { name: 'conversations.members', support: 'supported' },
  { name: 'conversations.open', support: 'partial', note: 'one person, no group messages' },
  { name: 'conversations.replies', support: 'supported' },
  {
    name: 'files.completeUploadExternal',
    support: 'partial',
    note: 'plain files only; shares at once; refuses what Slack only advises against: a thread_ts of a reply or for several channels',
  },
  {
    name: 'files.getUploadURLExternal',
    support: 'partial',
    note: 'every snippet_type is known, and 4 MiB are the most; the life of an address is a guess',
  },
  { name: 'oauth.v2.access', support: 'not modelled', note: 'one workspace, one fixed token' },
  { name: 'pins.add', support: 'not modelled' },
  { name: 'bookmarks.add', support: 'not modelled' },
  { name: 'reactions.add', support: 'supported' },
  { name: 'usergroups.list', support: 'supported' },
  { name: 'usergroups.users.list', support: 'supported' },
  { name: 'users.info', support: 'supported' },
  { name: 'users.list', support: 'supported' },
  { name: 'users.lookupByEmail', support: 'not modelled' },
  { name: 'views.open', support: 'supported' },
  { name: 'views.publish', support: 'supported' },
  { name: 'views.push', support: 'supported' },
  { name: 'views.update', support: 'supported' },
];

/** What reaches the app, and what a person sees. */
export const surfaceCoverage: readonly Coverage[] = [
  {
    name: 'slash commands',
    support: 'supported',
    note: 'in_channel answers do not repeat the command itself',
  },
  { name: 'block actions', support: 'partial', note: 'state.values of a message is always empty' },
  { name: 'view submission and closing', support: 'supported' },
  { name: 'global shortcuts', support: 'supported' },
  { name: 'message shortcuts', support: 'not modelled' },
  { name: 'options of external selects', support: 'not modelled' },
  { name: 'events', support: 'partial', note: 'app_home_opened and subteam_members_changed only' },
  { name: 'response addresses', support: 'supported' },
  {
    name: 'signed HTTP and Socket Mode',
    support: 'partial',
    note: 'commands and clicks are never sent twice',
  },
  {
    name: 'several workspaces, Slack Connect',
    support: 'not modelled',
    note: 'a foreign member can be seeded by team id',
  },
  {
    name: 'images, videos and files from other hosts',
    support: 'partial',
    note: 'checked, shown as their description',
  },
];
