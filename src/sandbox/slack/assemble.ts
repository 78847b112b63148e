// The parts of the fake Slack, put together. Nothing listens yet.
import type { Server } from 'node:http';
import { systemClock } from './clock.ts';
import { createHttpServer } from './http-server.ts';
import { createIds } from './ids.ts';
import { Clicks } from './inbound/clicks.ts';
import { Commands } from './inbound/commands.ts';
import type { Deliver } from './inbound/delivery.ts';
import { Events } from './inbound/events.ts';
import { Forms } from './inbound/forms.ts';
import { ResponseUrls } from './inbound/response-urls.ts';
import { deliverSigned } from './inbound/signed-http.ts';
import { SocketMode } from './inbound/socket-mode.ts';
import { Triggers } from './inbound/triggers.ts';
import { defaultLimits } from './limits.ts';
import type { SandboxSlackOptions } from './options.ts';
import { LiveFeed } from './page-server/live-feed.ts';
import { PageServer } from './page-server/page-server.ts';
import { defaultSeed } from './seed.ts';
import { ViewStore } from './views.ts';
import type { World } from './web-api/call.ts';
import { Faults } from './web-api/faults.ts';
import { FileStore } from './web-api/file-store.ts';
import { CallJournal } from './web-api/journal.ts';
import { webApiMethods } from './web-api/methods.ts';
import { RateLimits } from './web-api/rate-limits.ts';
import { Workspace } from './workspace.ts';

/** What is only known, or may change, after the start. */
interface Settings {
  origin: string;
  appUrl: string | undefined;
}

export interface SlackParts {
  settings: Settings;
  secrets: { signingSecret: string; botToken: string; appToken: string };
  workspace: Workspace;
  world: World;
  socketMode: SocketMode;
  faults: Faults;
  journal: CallJournal;
  rateLimits: RateLimits;
  commands: Commands;
  clicks: Clicks;
  forms: Forms;
  events: Events;
  feed: LiveFeed;
  server: Server;
}

type Core = Pick<SlackParts, 'settings' | 'secrets' | 'workspace' | 'world' | 'socketMode' | 'faults'>;

function createCore(options: SandboxSlackOptions): Core {
  const clock = options.clock ?? systemClock;
  const limits = { ...defaultLimits, ...options.limits };
  const ids = createIds(options.random ?? Math.random, clock);
  const workspace = new Workspace({ ...defaultSeed(), ...options.seed }, ids);
  const settings: Settings = { origin: '', appUrl: options.appUrl };
  const socketMode = new SocketMode({ appId: workspace.seed.app.id, clock, ids, limits });
  const world: World = {
    workspace,
    views: new ViewStore(workspace),
    files: new FileStore({ ids, clock, uploadUrlLifeMs: limits.uploadUrlLifeMs }),
    triggers: new Triggers({ clock, ids, lifeMs: limits.triggerLifeMs }),
    clock,
    limits,
    rules: { refusedTypes: new Set(options.refusedBlockTypes) },
    origin: () => settings.origin,
    openSocket: () => settings.origin.replace('http', 'ws') + socketMode.createTicket(),
  };
  const secrets = {
    signingSecret: options.signingSecret ?? 'sandbox-signing-secret',
    botToken: options.botToken ?? 'xoxb-sandbox-bot',
    appToken: options.appToken ?? 'xapp-sandbox-app',
  };
  return { settings, secrets, workspace, world, socketMode, faults: new Faults() };
}

function createDeliver({ settings, secrets, world, socketMode, faults }: Core): Deliver {
  return (envelope) => {
    if (faults.outage) return Promise.resolve({ ok: false, error: 'dispatch_failed' });
    if (settings.appUrl === undefined) return socketMode.deliver(envelope);
    return deliverSigned(envelope, {
      url: settings.appUrl,
      signingSecret: secrets.signingSecret,
      clock: world.clock,
      deadlineMs: world.limits.ackDeadlineMs,
    });
  };
}

/** Builds every part; `settings.origin` has to be set once the server listens. */
export function assemble(options: SandboxSlackOptions): SlackParts {
  const core = createCore(options);
  const { world, secrets } = core;
  const responseUrls = new ResponseUrls(world);
  const inbound = { world, responseUrls, deliver: createDeliver(core) };
  const people = {
    commands: new Commands(inbound),
    clicks: new Clicks(inbound),
    forms: new Forms(inbound),
    events: new Events(inbound),
  };
  const journal = new CallJournal();
  const rateLimits = new RateLimits(world.clock, options.rateLimits ?? true);
  const feed = new LiveFeed(world, options.panels ?? (() => []));
  const server = createHttpServer({
    ...core,
    methods: webApiMethods,
    tokens: { bot: secrets.botToken, app: secrets.appToken },
    rateLimits,
    journal,
    responseUrls,
    page: new PageServer({ world, feed, ...people }),
  });
  return { ...core, ...people, journal, rateLimits, feed, server };
}
