import type { Approvers, Person, UpgradeService } from '../service/upgrade-service.ts';
import type { Outcome } from '../upgrade/refusal.ts';

/** The bot without Slack, as the terminal is connected to it. */
export interface Connection {
  service: UpgradeService;
  approvers: Approvers;
  /** Where the store is, without credentials: `127.0.0.1:6379`. */
  store: string;
  /** Resolves when the store has answered; may never do so. */
  ping(): Promise<unknown>;
  /** Why the store cannot be reached, as far as it is known. */
  storeTrouble(): string | undefined;
  /** Bot processes that answer doorbells; undefined where the store does not tell. */
  bots(): Promise<number | undefined>;
  ring(upgradeId: string): Promise<void>;
  /** Begins performing steps; answers why this store must not be worked with, empty when it has begun. */
  work(): Promise<string[]>;
  /** Lets go; waits for what is being performed. */
  close(): Promise<void>;
}

/** What a command has at hand. */
export interface Desk {
  connection: Connection;
  /** Who sits at it: the operating-system account, which is all that vouches for anybody here. */
  osUser: string;
  /** How this program is called, as it is typed: `node dist/cli.js`. */
  program: string;
  now(): number;
  /** Says something at once; an answer is returned instead. */
  say(lines: readonly string[]): void;
  /** The next line of standard input; undefined at its end. */
  readLine(): Promise<string | undefined>;
  /** Resolves after this long, or sooner when a person interrupts: then with true. */
  pause(ms: number): Promise<boolean>;
}

/** What a command came to: for people, and for machines. */
export interface Answer {
  lines: string[];
  data: unknown;
}

export type Answered = Outcome<Answer>;

/** A whole scan of a cloud with many regions and retries; the store answers in milliseconds or not at all. */
const CLOUD_ANSWER_MS = 90_000;
const STORE_ANSWER_MS = 5_000;

/** The store or the cloud did not do its part; the words say what to check. */
export class TroubleError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'TroubleError';
  }
}

/** Waits for an answer out of the store, and no longer than it can take. */
export async function fromStore<T>(connection: Connection, answer: Promise<T>): Promise<T> {
  return await within(STORE_ANSWER_MS, answer, () => storeTrouble(connection));
}

/** The same for a change: it may have been written although nothing was heard. */
export async function changed<T>(connection: Connection, answer: Promise<T>): Promise<T> {
  return await within(STORE_ANSWER_MS, answer, () => [
    ...storeTrouble(connection),
    'It is NOT KNOWN whether your decision was written. When the store is back, look at the status before you decide again.',
  ]);
}

/** The same for what the cloud is asked. */
export async function fromCloud<T>(connection: Connection, answer: Promise<T>): Promise<T> {
  return await within(CLOUD_ANSWER_MS, answer, () => [
    ...storeTrouble(connection),
    'Or the cloud did not: check that this machine reaches Tencent Cloud (TENCENTCLOUD_REGION, TENCENTCLOUD_ENDPOINT).',
  ]);
}

function storeTrouble(connection: Connection): string[] {
  const why = connection.storeTrouble();
  return [
    `The store at ${connection.store} did not answer${why === undefined ? '.' : `: ${why}`}`,
    'Check that it runs (redis-cli PING), that this machine reaches it, and that REDIS_URL is the one of the bot, with its password.',
  ];
}

async function within<T>(limitMs: number, answer: Promise<T>, words: () => string[]): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TroubleError(words().join('\n'))), limitMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Who decides: a Slack id that somebody gave at the terminal, and the account that vouches for it. */
export function personAt(desk: Desk, as: string): Person {
  return { kind: 'person', via: 'terminal', id: as, osUser: desk.osUser };
}
