// Who and what is in the workspace when it starts.

interface TeamSeed {
  id: string;
  name: string;
  domain: string;
}

export interface UserSeed {
  id: string;
  /** Short name, as in @name. */
  name: string;
  realName: string;
  /** Shown on the page's persona switch; without it nobody can act as this person there. */
  persona?: string;
  title?: string;
  isBot?: boolean;
  isGuest?: boolean;
  deactivated?: boolean;
  /** A member of another workspace, seen through a shared channel. */
  teamId?: string;
  email?: string;
}

export interface UsergroupSeed {
  id: string;
  handle: string;
  name: string;
  users: string[];
}

export interface ChannelSeed {
  id: string;
  name: string;
  topic?: string;
  isPrivate?: boolean;
  isArchived?: boolean;
  members: string[];
}

interface AppSeed {
  id: string;
  name: string;
  botId: string;
  botUserId: string;
  /** Scopes of the bot token; a method whose scope is absent answers `missing_scope`. */
  scopes: string[];
}

export interface SlashCommandSeed {
  command: string;
  description: string;
  usageHint?: string;
  /** Typed mentions, channels and links arrive as tokens. Default true. */
  shouldEscape?: boolean;
}

interface ShortcutSeed {
  callbackId: string;
  name: string;
}

export interface WorkspaceSeed {
  team: TeamSeed;
  app: AppSeed;
  users: UserSeed[];
  usergroups: UsergroupSeed[];
  channels: ChannelSeed[];
  commands: SlashCommandSeed[];
  shortcuts: ShortcutSeed[];
}

/** The people every test and the demo know by name. */
export const people = {
  requester: 'U0REQUESTER',
  approver: 'U0APPROVER1',
  secondApprover: 'U0APPROVER2',
  stranger: 'U0STRANGER1',
  guest: 'U0GUEST0001',
  deactivated: 'U0LEFTUSER1',
  bot: 'U0REDISBOT1',
} as const;

export const places = {
  redisOps: 'C0REDISOPS1',
  general: 'C0GENERAL01',
  /** Private, and the app is not in it. */
  leads: 'C0LEADS0001',
} as const;

export const approverGroup = 'S0APPROVERS';

const everybody = [people.requester, people.approver, people.secondApprover, people.stranger];

const users: UserSeed[] = [
  {
    id: people.requester,
    name: 'rita',
    realName: 'Rita Moreno',
    persona: 'Requester',
    title: 'Backend engineer',
  },
  {
    id: people.approver,
    name: 'anna',
    realName: 'Anna Lindqvist',
    persona: 'Approver',
    title: 'Database lead',
  },
  {
    id: people.secondApprover,
    name: 'arjun',
    realName: 'Arjun Mehta',
    persona: 'Second approver',
    title: 'Site reliability',
  },
  { id: people.stranger, name: 'sam', realName: 'Sam Okafor', persona: 'Stranger', title: 'Marketing' },
  { id: people.guest, name: 'gwen', realName: 'Gwen Park', title: 'Contractor', isGuest: true },
  { id: people.deactivated, name: 'leo', realName: 'Leo Brandt', deactivated: true },
  { id: people.bot, name: 'redis-upgrade', realName: 'Redis Upgrade', isBot: true },
];

/** A fresh copy of the default workspace. */
export function defaultSeed(): WorkspaceSeed {
  return structuredClone({
    team: { id: 'T0SANDBOX01', name: 'Harbour', domain: 'harbour-sandbox' },
    app: {
      id: 'A0UPGRADE01',
      name: 'Redis Upgrade',
      botId: 'B0UPGRADE01',
      botUserId: people.bot,
      scopes: [
        'commands',
        'chat:write',
        'files:write',
        'usergroups:read',
        'users:read',
        'channels:read',
        'groups:read',
        'im:write',
        'channels:history',
        'groups:history',
      ],
    },
    users,
    usergroups: [
      {
        id: approverGroup,
        handle: 'redis-approvers',
        name: 'Redis approvers',
        users: [people.approver, people.secondApprover],
      },
    ],
    channels: [
      {
        id: places.redisOps,
        name: 'redis-ops',
        topic: 'Upgrades, incidents and small talk about caches',
        members: [...everybody, people.guest, people.bot],
      },
      {
        id: places.general,
        name: 'general',
        topic: 'The whole company',
        members: [...everybody, people.bot],
      },
      {
        id: places.leads,
        name: 'leads',
        topic: 'Leads only',
        isPrivate: true,
        members: [people.approver, people.secondApprover],
      },
    ],
    commands: [
      {
        command: '/redis-upgrade',
        description: 'Upgrade a TencentDB for Redis instance',
        usageHint: 'help | list | plan SOURCE TARGET | start SOURCE TARGET | status [UPGRADE]',
        shouldEscape: true,
      },
    ],
    shortcuts: [],
  });
}
