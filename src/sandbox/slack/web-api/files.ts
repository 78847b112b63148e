import { type JsonObject, objectsOf, stringOf } from '../json.ts';
import type { MessageFile } from '../message.ts';
import type { Arguments, Method, World } from './call.ts';
import { postableChannel } from './channels-and-users.ts';
import { botMessage } from './chat.ts';
import { SlackFailure } from './failure.ts';
import type { StoredFile } from './file-store.ts';
import { readContent } from './message-content.ts';

function getUploadUrl(args: Arguments, world: World): JsonObject {
  const name = args.required('filename', 'missing_argument');
  const size = args.count('length', 0);
  if (size === 0) throw new SlackFailure('missing_argument');
  const file = world.files.announce(name, size);
  return { upload_url: `${world.origin()}/upload/v1/${file.uploadTicket}`, file_id: file.id };
}

function uploaded(entry: JsonObject, world: World): StoredFile {
  const file = world.files.get(stringOf(entry['id']) ?? '');
  if (!file?.content || file.shared) throw new SlackFailure('file_not_found');
  file.title = stringOf(entry['title']) ?? file.name;
  return file;
}

function toMessageFile(file: StoredFile): MessageFile {
  return {
    id: file.id,
    name: file.name,
    title: file.title,
    size: file.content?.length ?? file.size,
    mimetype: 'text/plain',
  };
}

function completeUpload(args: Arguments, world: World): JsonObject {
  const entries = objectsOf(args.value('files'));
  if (entries.length === 0) throw new SlackFailure('invalid_arguments');
  const channelId = args.text('channel_id');
  const channel = channelId === undefined ? undefined : postableChannel(world.workspace, channelId);
  const files = entries.map((entry) => uploaded(entry, world));
  const shared = files.map(toMessageFile);
  if (channel) {
    const content = readContent(
      { text: args.text('initial_comment') ?? '', blocks: args.value('blocks') },
      world,
    );
    const threadTs = args.text('thread_ts');
    world.workspace.add({
      ...botMessage(world, channel.id, content),
      files: shared,
      ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    });
  }
  for (const file of files) file.shared = true;
  return { files: shared };
}

const write = { scopes: ['files:write'], perMinute: 100 } as const;

export const fileMethods: Record<string, Method> = {
  'files.getUploadURLExternal': { ...write, run: getUploadUrl },
  'files.completeUploadExternal': { ...write, run: completeUpload },
};
