// What the sandbox tells its page, and nothing else: types shared by both sides.

export type Json = { [key: string]: unknown };

export interface Person {
  id: string;
  name: string;
  realName: string;
  title: string;
  persona?: string;
  isApp: boolean;
  isGuest: boolean;
}

export interface ChannelInfo {
  id: string;
  name: string;
  topic: string;
  isPrivate: boolean;
  isIm: boolean;
  memberCount: number;
}

export interface PageMessage {
  channel: string;
  ts: string;
  user: string;
  text: string;
  bot_id?: string;
  subtype?: string;
  blocks?: Json[];
  thread_ts?: string;
  reply_count?: number;
  reply_users?: string[];
  latest_reply?: string;
  edited?: { user: string; ts: string };
  files?: { id: string; title: string; size: number }[];
  reactions?: { name: string; count: number }[];
  ephemeral_to?: string;
}

export interface PageView {
  id: string;
  hash: string;
  title: string;
  submit?: string;
  close: string;
  blocks: Json[];
  errors: Record<string, string>;
  /** Height of the stack of modals this one stands in. */
  depth: number;
}

export interface CommandInfo {
  command: string;
  description: string;
  usageHint: string;
}

export type Tone = 'good' | 'warning' | 'bad' | 'muted';

/** A titled group of figures in the page's side panel. */
export interface PanelSection {
  title: string;
  rows: [label: string, value: string, tone?: Tone][];
}

export interface Snapshot {
  team: string;
  appUser: string;
  me: string;
  people: Record<string, Person>;
  groups: Record<string, { handle: string; users: string[] }>;
  channels: ChannelInfo[];
  messages: PageMessage[];
  views: PageView[];
  home: Json[] | null;
  commands: CommandInfo[];
  shortcuts: { callbackId: string; name: string }[];
  panels: PanelSection[];
}

export type Update =
  | { kind: 'snapshot'; snapshot: Snapshot }
  | { kind: 'message'; message: PageMessage; isNew: boolean }
  | { kind: 'removed'; channel: string; ts: string }
  | { kind: 'channel'; channel: ChannelInfo }
  | { kind: 'views'; views: PageView[]; home: Json[] | null }
  | { kind: 'panels'; panels: PanelSection[] };

/** The answer to everything a person does on the page. */
export interface ActionAnswer {
  ok: boolean;
  error?: string;
  errors?: Record<string, string>;
}
