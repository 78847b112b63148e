import { type JsonObject, objectsOf, stringOf } from '../json.ts';
import { maxAltTextCharacters, maxSharedChannels, maxSnippetBytes } from '../limits.ts';
import type { MessageFile } from '../message.ts';
import type { Channel } from '../workspace.ts';
import type { Arguments, Method, World } from './call.ts';
import { visibleChannel } from './channels-and-users.ts';
import { botMessage } from './chat.ts';
import { SlackFailure } from './failure.ts';
import type { StoredFile } from './file-store.ts';
import { type MessageContent, readContent } from './message-content.ts';

function getUploadUrl(args: Arguments, world: World): JsonObject {
  const name = args.required('filename', 'missing_argument');
  const size = args.count('length', 0);
  if (size === 0) throw new SlackFailure('missing_argument');
  if (args.text('snippet_type') !== undefined && size > maxSnippetBytes)
    throw new SlackFailure('snippet_too_large');
  if ((args.text('alt_txt')?.length ?? 0) > maxAltTextCharacters) throw new SlackFailure('alt_txt_too_large');
  if (size > world.limits.maxFileBytes) throw new SlackFailure('file_upload_size_restricted');
  const file = world.files.announce(name, size);
  return { upload_url: `${world.origin()}/upload/v1/${file.uploadTicket}`, file_id: file.id };
}

/** Uploaded and not completed before: "Could not find the file from the upload ticket". */
function uploaded(entry: JsonObject, world: World): { file: StoredFile; shown: MessageFile } {
  const file = world.files.get(stringOf(entry['id']) ?? '');
  if (!file?.content || file.shared) throw new SlackFailure('file_not_found');
  const title = stringOf(entry['title']) ?? file.name;
  const shown = { id: file.id, name: file.name, title, size: file.size, mimetype: 'text/plain' };
  return { file, shown };
}

/** Sharing a file takes membership; `chat:write.public` is for messages only. */
function sharingChannel(world: World, id: string): Channel {
  const channel = visibleChannel(world.workspace, id);
  if (channel.isArchived) throw new SlackFailure('is_archived');
  if (!channel.members.has(world.workspace.seed.app.botUserId)) throw new SlackFailure('not_in_channel');
  return channel;
}

function wantedChannels(args: Arguments): string[] {
  const one = args.text('channel_id');
  const all = one === undefined ? (args.text('channels')?.split(',') ?? []) : [one];
  if (all.length > maxSharedChannels) throw new SlackFailure('channels_limit_exceeded');
  return all.map((id) => id.trim());
}

/** A file goes under a root message; Slack says never to name a reply, and not what happens then. */
function threadOf(args: Arguments, channels: readonly Channel[], world: World): { thread_ts?: string } {
  const wanted = args.text('thread_ts');
  if (wanted === undefined) return {};
  const [channel, ...others] = channels;
  const root = channel === undefined ? undefined : world.workspace.find(channel.id, wanted);
  const isReply = root?.thread_ts !== undefined && root.thread_ts !== root.ts;
  if (others.length > 0 || isReply) throw new SlackFailure('invalid_arguments');
  return { thread_ts: wanted };
}

/** With an initial comment, blocks are not looked at. */
function contentOf(args: Arguments, world: World): MessageContent {
  const text = args.text('initial_comment');
  return readContent(text === undefined ? { text: '', blocks: args.value('blocks') } : { text }, world);
}

function completeUpload(args: Arguments, world: World): JsonObject {
  const entries = objectsOf(args.value('files'));
  if (entries.length === 0) throw new SlackFailure('invalid_arguments');
  const channels = wantedChannels(args).map((id) => sharingChannel(world, id));
  const thread = threadOf(args, channels, world);
  const content = contentOf(args, world);
  const files = entries.map((entry) => uploaded(entry, world));
  const shown = files.map((one) => one.shown);
  for (const { file } of files) file.shared = true;
  for (const channel of channels)
    world.workspace.add({ ...botMessage(world, channel.id, content), files: shown, ...thread });
  return { files: shown.map((one) => ({ ...one })) };
}

const write = { scopes: ['files:write'], perMinute: 100 } as const;

export const fileMethods: Record<string, Method> = {
  'files.getUploadURLExternal': { ...write, run: getUploadUrl },
  'files.completeUploadExternal': { ...write, run: completeUpload },
};
