// The page and the few requests it makes. Only the page itself may make them.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Clicks } from '../inbound/clicks.ts';
import type { Commands, Outcome } from '../inbound/commands.ts';
import type { Events } from '../inbound/events.ts';
import type { Forms } from '../inbound/forms.ts';
import { parseJson } from '../json.ts';
import type { World } from '../web-api/call.ts';
import { readBody } from '../web-api/request-body.ts';
import type { LiveFeed } from './live-feed.ts';
import { servePageFile } from './static-files.ts';

const maxTypedCharacters = 12_000;
const id = z.string().min(1).max(255);
const value = z.union([z.string().max(3_000), z.array(z.string().max(3_000)).max(100)]);
const typed = z.object({
  user: id,
  channel: id,
  text: z.string().min(1).max(maxTypedCharacters),
  threadTs: id.optional(),
});
const click = z.object({
  user: id,
  messageTs: id.optional(),
  viewId: id.optional(),
  actionId: id,
  blockId: id.optional(),
  value: value.optional(),
});
const submit = z.object({ user: id, viewId: id, values: z.record(z.string(), value.nullable()) });
const close = z.object({ user: id, viewId: id, all: z.boolean().optional() });
const home = z.object({ user: id });
const shortcut = z.object({ user: id, callbackId: id });

export interface PageServerParts {
  world: World;
  feed: LiveFeed;
  commands: Commands;
  clicks: Clicks;
  forms: Forms;
  events: Events;
}

type Handler = (body: unknown) => Promise<Outcome> | Outcome;

/** Drops keys that are undefined, which a strict optional property does not take. */
function present<Value extends object>(
  given: Value,
): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  const entries = Object.entries(given).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof Value]: Exclude<Value[Key], undefined> };
}

function handlers({ commands, clicks, forms, events }: PageServerParts): Record<string, Handler> {
  return {
    say: (body) => {
      const said = present(typed.parse(body));
      if (said.text.startsWith('/')) return commands.run(said);
      commands.say(said);
      return { ok: true };
    },
    click: (body) => {
      const { messageTs, viewId, ...rest } = present(click.parse(body));
      if (messageTs !== undefined) return clicks.inMessage({ ...rest, messageTs });
      return clicks.inView({ ...rest, viewId: viewId ?? '' });
    },
    submit: (body) => forms.submit(submit.parse(body)),
    close: (body) => {
      const { user, viewId, all } = close.parse(body);
      return forms.close(user, viewId, { all: all ?? false });
    },
    home: (body) => events.openHome(home.parse(body).user),
    shortcut: (body) => {
      const { user, callbackId } = shortcut.parse(body);
      return events.shortcut(user, callbackId);
    },
  };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' });
  response.end(JSON.stringify(body));
}

/** Names under which this server knows itself; anything else is a page elsewhere that was pointed at it. */
function isOwnHost(host: string | undefined): boolean {
  return host !== undefined && /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/u.test(host);
}

function isCrossOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (origin !== undefined && origin !== `http://${host}`) return true;
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

export class PageServer {
  readonly #parts: PageServerParts;
  readonly #handlers: Record<string, Handler>;

  constructor(parts: PageServerParts) {
    this.#parts = parts;
    this.#handlers = handlers(parts);
  }

  /** Answers a request for the page or one of its own requests. */
  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    if (!isOwnHost(request.headers.host) || (url.pathname.startsWith('/_page/') && isCrossOrigin(request))) {
      return sendJson(response, 403, { ok: false, error: 'cross_origin' });
    }
    const name = url.pathname.replace('/_page/', '');
    if (request.method === 'POST' && Object.hasOwn(this.#handlers, name))
      return this.#act(name, request, response);
    if (request.method !== 'GET') return sendJson(response, 404, { ok: false, error: 'not_found' });
    if (name === 'events') return this.#openFeed(request, response, url);
    if (name.startsWith('files/')) return this.#sendFile(name.slice('files/'.length), response);
    if (!servePageFile(url.pathname, response)) sendJson(response, 404, { ok: false, error: 'not_found' });
  }

  async #act(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A JSON body cannot be posted across origins without the browser asking first, and it is never told yes.
    if (request.headers['content-type'] !== 'application/json') {
      return sendJson(response, 415, { ok: false, error: 'json_only' });
    }
    const body = await readBody(request, this.#parts.world.limits.maxBodyBytes);
    try {
      sendJson(response, 200, (await this.#handlers[name]?.(parseJson(body.toString()))) ?? {});
    } catch (error) {
      // What a person could not have done on a current screen: the page shows the reason as a toast.
      const reason =
        error instanceof z.ZodError ? 'invalid request' : error instanceof Error ? error.message : 'failed';
      sendJson(response, 400, { ok: false, error: reason });
    }
  }

  #openFeed(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const { users } = this.#parts.world.workspace;
    const personas = [...users.values()].filter((user) => user.persona !== undefined);
    const wanted = url.searchParams.get('user') ?? '';
    const user = personas.find((candidate) => candidate.id === wanted) ?? personas[0];
    if (user) this.#parts.feed.open(user.id, request, response);
    else sendJson(response, 404, { ok: false, error: 'no_personas' });
  }

  #sendFile(fileId: string, response: ServerResponse): void {
    const file = this.#parts.world.files.get(fileId);
    if (!file?.content) {
      sendJson(response, 404, { ok: false, error: 'file_not_found' });
      return;
    }
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${file.name.replaceAll(/[^\w.-]/gu, '_')}"`,
      'x-content-type-options': 'nosniff',
    });
    response.end(file.content);
  }
}
