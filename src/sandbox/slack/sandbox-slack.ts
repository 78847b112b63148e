// A Slack workspace on this machine: for tests, for the demo, and for people in a browser.
import type { AddressInfo } from 'node:net';
import { assemble, type SlackParts } from './assemble.ts';
import { type Coverage, methodCoverage, surfaceCoverage } from './coverage.ts';
import type { Click, ViewClick } from './inbound/clicks.ts';
import type { Outcome, Typed } from './inbound/commands.ts';
import type { Submission } from './inbound/forms.ts';
import type { SlackMessage } from './message.ts';
import type { SandboxSlackOptions } from './options.ts';
import type { WorkspaceSeed } from './seed.ts';
import type { StoredView } from './views.ts';
import { waitFor } from './waiting.ts';
import type { Faults } from './web-api/faults.ts';
import type { ApiCall } from './web-api/journal.ts';

export interface SandboxSlack {
  /** For the app's `slackApiUrl`: `http://127.0.0.1:PORT/api/`. */
  readonly apiUrl: string;
  readonly pageUrl: string;
  readonly signingSecret: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly seed: WorkspaceSeed;
  /** What of Slack is supported, supported in part, or not modelled. */
  readonly coverage: readonly Coverage[];
  /** Sends inbound requests to this address, signed; undefined means Socket Mode. */
  setAppUrl(url: string | undefined): void;

  /** Types a slash command, e.g. `/redis-upgrade help`. A failure is also shown to the person. */
  command(typed: Typed): Promise<Outcome>;
  /** Says something in a channel or thread. */
  say(typed: Typed): SlackMessage;
  click(click: Click): Promise<Outcome>;
  clickInView(click: ViewClick): Promise<Outcome>;
  submitView(submission: Submission): Promise<Outcome>;
  closeView(user: string, viewId: string, options?: { all?: boolean }): Promise<Outcome>;
  openHome(user: string): Promise<Outcome>;
  shortcut(user: string, callbackId: string): Promise<Outcome>;
  setUsergroupMembers(id: string, users: readonly string[]): Promise<Outcome>;

  /** The channel's main list, oldest first, without replies and ephemeral messages. */
  messages(channel: string): SlackMessage[];
  /** A root message and its replies. */
  thread(channel: string, ts: string): SlackMessage[];
  ephemerals(user: string): SlackMessage[];
  /** Open modals, the visible one last. */
  views(user: string): readonly StoredView[];
  home(user: string): StoredView | undefined;
  /** Any message, replies included but not ephemeral ones, that is there or comes before the deadline. */
  waitForMessage(predicate: (message: SlackMessage) => boolean, deadlineMs: number): Promise<SlackMessage>;
  waitForEphemeral(
    user: string,
    predicate: (message: SlackMessage) => boolean,
    deadlineMs: number,
  ): Promise<SlackMessage>;
  waitForView(
    user: string,
    predicate: (view: StoredView) => boolean,
    deadlineMs: number,
  ): Promise<StoredView>;

  /** Calls the app made, response addresses (`response_url`) included, oldest first. */
  readonly apiCalls: readonly ApiCall[];
  readonly faults: Pick<Faults, 'add' | 'clear'>;
  /** Cuts everything, both ways. Ends after `ms`, or when the returned function is called. */
  outage(ms?: number): () => void;
  setRateLimits(enabled: boolean): void;
  /** Websockets open now. */
  socketConnections(): number;
  /** Asks every websocket to reconnect, as Slack does every few hours. */
  refreshSockets(): void;
  close(): Promise<void>;
}

/** Starts the workspace; resolves when it listens. */
export async function startSandboxSlack(options: SandboxSlackOptions = {}): Promise<SandboxSlack> {
  const parts = assemble(options);
  const { server } = parts;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const { address, port } = server.address() as AddressInfo;
  parts.settings.origin = `http://${address}:${port}`;
  return facade(parts);
}

/** Doing things as a person. */
function drivers(parts: SlackParts) {
  const { commands, clicks, forms, events, settings } = parts;
  return {
    setAppUrl: (url) => {
      settings.appUrl = url;
    },
    command: (typed) => commands.run(typed),
    say: (typed) => commands.say(typed),
    click: (click) => clicks.inMessage(click),
    clickInView: (click) => clicks.inView(click),
    submitView: (submission) => forms.submit(submission),
    closeView: (user, viewId, how) => forms.close(user, viewId, how),
    openHome: (user) => events.openHome(user),
    shortcut: (user, callbackId) => events.shortcut(user, callbackId),
    setUsergroupMembers: (id, users) => events.setUsergroupMembers(id, users),
  } satisfies Partial<SandboxSlack>;
}

function describeLast(messages: readonly SlackMessage[]): string {
  const shown = messages
    .slice(-5)
    .map(({ user, text, blocks }) => JSON.stringify({ user, text, blocks }).slice(0, 600));
  return shown.length === 0 ? '(nothing)' : shown.join('\n');
}

/** Looking at the workspace, and waiting for it to change. */
function lookers({ workspace, world, journal }: SlackParts) {
  const everyone = (): SlackMessage[] =>
    workspace.all().filter((message) => message.ephemeral_to === undefined);
  return {
    messages: (channel) => workspace.mainList(channel),
    thread: (channel, ts) => workspace.thread(channel, ts),
    ephemerals: (user) => workspace.ephemerals(user),
    views: (user) => world.views.stack(user),
    home: (user) => world.views.home(user),
    apiCalls: journal.calls,
    waitForMessage: (predicate, deadlineMs) =>
      waitFor(workspace, {
        what: 'such message',
        deadlineMs,
        find: () => everyone().find(predicate),
        describe: () => describeLast(everyone()),
      }),
    waitForEphemeral: (user, predicate, deadlineMs) =>
      waitFor(workspace, {
        what: `such ephemeral message for ${user}`,
        deadlineMs,
        find: () => workspace.ephemerals(user).find(predicate),
        describe: () => describeLast(workspace.ephemerals(user)),
      }),
    waitForView: (user, predicate, deadlineMs) =>
      waitFor(workspace, {
        what: `such view for ${user}`,
        deadlineMs,
        find: () => world.views.stack(user).findLast(predicate),
        describe: () => JSON.stringify(world.views.stack(user).map((view) => view.content)),
      }),
  } satisfies Partial<SandboxSlack>;
}

/** Making things go wrong, and the end. */
function controls({ faults, rateLimits, socketMode, events, feed, server }: SlackParts) {
  return {
    faults,
    setRateLimits: (enabled) => {
      rateLimits.enabled = enabled;
    },
    socketConnections: () => socketMode.connections,
    refreshSockets: () => socketMode.refresh(),
    outage: (ms) => {
      faults.outage = true;
      socketMode.cut();
      const end = (): void => {
        faults.outage = false;
      };
      if (ms !== undefined) setTimeout(end, ms).unref();
      return end;
    },
    close: async () => {
      events.close();
      feed.close();
      faults.clear();
      await socketMode.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  } satisfies Partial<SandboxSlack>;
}

function facade(parts: SlackParts): SandboxSlack {
  const { origin } = parts.settings;
  return {
    apiUrl: `${origin}/api/`,
    pageUrl: `${origin}/`,
    ...parts.secrets,
    seed: parts.workspace.seed,
    coverage: [...methodCoverage, ...surfaceCoverage],
    ...drivers(parts),
    ...lookers(parts),
    ...controls(parts),
  };
}
