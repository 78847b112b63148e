import type { Method } from './call.ts';
import { chatMethods } from './chat.ts';
import { conversationMethods } from './conversations.ts';
import { directoryMethods } from './directory.ts';
import { fileMethods } from './files.ts';
import { viewMethods } from './views.ts';

/** Every Web API method this Slack answers; any other name is `unknown_method`. */
export const webApiMethods: ReadonlyMap<string, Method> = new Map(
  Object.entries({
    ...chatMethods,
    ...conversationMethods,
    ...directoryMethods,
    ...fileMethods,
    ...viewMethods,
  }),
);
