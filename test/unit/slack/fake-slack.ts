import type { KnownBlock, ModalView } from '@slack/types';
import { validateBlocks } from '../../../src/sandbox/slack/block-kit/validate.ts';
import type {
  FoundMessage,
  MessageRef,
  NewFile,
  NewMessage,
  Self,
  SlackClient,
  SlackUser,
} from '../../../src/slack/client.ts';
import { SlackRefused, SlackUnavailable } from '../../../src/slack/slack-error.ts';

export interface StoredMessage extends NewMessage {
  ts: string;
  edits: number;
  file?: { name: string; content: string };
}

type Method = Exclude<keyof SlackClient, 'self'> | 'self';

/** A Slack in memory: keeps messages, refuses bad blocks, and fails when told to. */
export class FakeSlack implements SlackClient {
  readonly messages: StoredMessage[] = [];
  readonly ephemerals: { channel: string; user: string; text: string; threadTs?: string }[] = [];
  readonly views: { triggerId: string; view: ModalView }[] = [];
  readonly users = new Map<string, SlackUser>();
  readonly groups = new Map<string, string[]>();
  readonly calls: Method[] = [];
  refusedTypes = new Set<string>();
  /** Thrown by the next calls of a method, before they do anything. */
  readonly before: Partial<Record<Method, Error[]>> = {};
  /** Thrown by the next calls of a method, after they have done it. */
  readonly after: Partial<Record<Method, Error[]>> = {};
  #ts = 0;
  readonly #now: () => number;

  constructor(now: () => number = () => 0) {
    this.#now = now;
  }

  self(): Promise<Self> {
    return this.#call('self', () => ({ teamId: 'T0SANDBOX01', botUserId: 'U0REDISBOT1' }));
  }

  postMessage(message: NewMessage): Promise<MessageRef> {
    return this.#call('postMessage', () => {
      this.#validate('chat.postMessage', message.blocks);
      const ts = this.#nextTs();
      this.messages.push({ ...structuredClone(message), ts, edits: 0 });
      return { channel: message.channel, ts };
    });
  }

  shareFile({ channel, threadTs, text, name, content }: NewFile): Promise<void> {
    return this.#call('shareFile', () => {
      const message = { channel, threadTs, text, blocks: [], file: { name, content } };
      // Slack keeps no metadata with a file.
      const metadata = { event_type: '', event_payload: {} };
      this.messages.push({ ...message, metadata, ts: this.#nextTs(), edits: 0 });
    });
  }

  updateMessage(ref: MessageRef, content: { text: string; blocks: KnownBlock[] }): Promise<void> {
    return this.#call('updateMessage', () => {
      this.#validate('chat.update', content.blocks);
      const message = this.messages.find((one) => one.ts === ref.ts && one.channel === ref.channel);
      if (message === undefined) throw new SlackRefused('chat.update', 'message_not_found');
      Object.assign(message, structuredClone(content), { edits: message.edits + 1 });
    });
  }

  postEphemeral(message: { channel: string; user: string; text: string; threadTs?: string }): Promise<void> {
    return this.#call('postEphemeral', () => {
      this.ephemerals.push(message);
    });
  }

  openView(triggerId: string, view: ModalView): Promise<void> {
    return this.#call('openView', () => {
      this.views.push({ triggerId, view });
    });
  }

  history(channel: string, { sinceMs }: { sinceMs: number }): Promise<FoundMessage[]> {
    return this.#call('history', () =>
      this.#found((one) => one.channel === channel && one.threadTs === undefined, sinceMs),
    );
  }

  replies(root: MessageRef, { sinceMs }: { sinceMs: number }): Promise<FoundMessage[]> {
    return this.#call('replies', () => this.#found((one) => one.threadTs === root.ts, sinceMs));
  }

  checkChannel(_channel: string): Promise<void> {
    return this.#call('checkChannel', () => undefined);
  }

  user(id: string): Promise<SlackUser> {
    return this.#call('user', () => {
      const user = this.users.get(id);
      if (user === undefined) throw new SlackRefused('users.info', 'user_not_found');
      return user;
    });
  }

  usergroupMembers(id: string): Promise<string[]> {
    return this.#call('usergroupMembers', () => {
      const members = this.groups.get(id);
      if (members === undefined) throw new SlackRefused('usergroups.users.list', 'no_such_subteam');
      return members;
    });
  }

  addMember(id: string, change: Partial<SlackUser> = {}): void {
    const plain = { teamId: 'T0SANDBOX01', deactivated: false, isBot: false, isGuest: false };
    this.users.set(id, { id, ...plain, ...change });
  }

  roots(): StoredMessage[] {
    return this.messages.filter((one) => one.threadTs === undefined);
  }

  inThread(): StoredMessage[] {
    return this.messages.filter((one) => one.threadTs !== undefined);
  }

  #nextTs(): string {
    this.#ts += 1;
    return `${Math.floor(this.#now() / 1_000)}.${String(this.#ts).padStart(6, '0')}`;
  }

  #found(wanted: (message: StoredMessage) => boolean, sinceMs: number): FoundMessage[] {
    return this.messages
      .filter((one) => wanted(one) && Number(one.ts) * 1_000 >= sinceMs)
      .map(({ ts, text, metadata }) => ({ ts, user: 'U0REDISBOT1', text, metadata }));
  }

  #validate(method: string, blocks: KnownBlock[]): void {
    const problems = validateBlocks(structuredClone(blocks), { refusedTypes: this.refusedTypes });
    if (problems.length > 0) {
      throw new SlackRefused(
        method,
        'invalid_blocks',
        problems.map((problem) => `${problem.pointer} ${problem.message}`),
      );
    }
  }

  async #call<T>(method: Method, act: () => T): Promise<T> {
    this.calls.push(method);
    const early = this.before[method]?.shift();
    if (early !== undefined) throw early;
    const result = act();
    const late = this.after[method]?.shift();
    if (late !== undefined) throw late;
    return result;
  }
}

export function silence(): SlackUnavailable {
  return new SlackUnavailable('any', 'connection cut', undefined);
}

/** Every text anywhere in these blocks. */
export function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  const own = 'text' in value && typeof value.text === 'string' ? [value.text] : [];
  const title = 'title' in value && typeof value.title === 'string' ? [value.title] : [];
  return [...own, ...title, ...Object.values(value).flatMap(textsIn)];
}

/** Every mrkdwn text: the only ones in which Slack interprets anything. */
export function markupIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(markupIn);
  if (typeof value !== 'object' || value === null) return [];
  const own = 'type' in value && value.type === 'mrkdwn' && 'text' in value ? [String(value.text)] : [];
  return [...own, ...Object.values(value).flatMap(markupIn)];
}

export const silentLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
