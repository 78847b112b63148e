// The one listener of the fake Slack: Web API, response addresses, uploads, websockets and the page.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ResponseUrls } from './inbound/response-urls.ts';
import type { SocketMode } from './inbound/socket-mode.ts';
import { type JsonObject, parseJson, stringOf } from './json.ts';
import type { PageServer } from './page-server/page-server.ts';
import { type ApiAnswer, answerCall, type EndpointParts } from './web-api/endpoint.ts';
import type { Faults } from './web-api/faults.ts';
import { underFault } from './web-api/faulty.ts';
import type { CallJournal } from './web-api/journal.ts';
import { parseArguments, readBody, uploadedBytes } from './web-api/request-body.ts';

export interface HttpServerParts extends EndpointParts {
  faults: Faults;
  journal: CallJournal;
  responseUrls: ResponseUrls;
  socketMode: SocketMode;
  page: PageServer;
}

interface Call {
  name: string;
  args: JsonObject;
  run: () => ApiAnswer;
}

async function answer(call: Call, response: ServerResponse, parts: HttpServerParts): Promise<void> {
  const entry = parts.journal.begin({ method: call.name, args: call.args, at: parts.world.clock.now() });
  const result = await underFault(parts.faults.next(call.name), parts.faults, call.run);
  // An outage that began while the call was under way takes its answer too.
  if (!result || parts.faults.outage) {
    response.destroy();
    return;
  }
  entry.status = result.status;
  entry.response = result.body;
  response.writeHead(result.status, { 'content-type': 'application/json; charset=utf-8', ...result.headers });
  response.end(JSON.stringify(result.body));
}

function bearer(request: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/u.exec(request.headers.authorization ?? '')?.[1];
}

async function apiCall(name: string, request: IncomingMessage, parts: HttpServerParts): Promise<Call> {
  const body = await readBody(request, parts.world.limits.maxBodyBytes);
  const query = Object.fromEntries(new URL(request.url ?? '/', 'http://slack').searchParams);
  const given = parseArguments(request.headers['content-type'] ?? '', body);
  const { token: tokenArgument, ...args } = { ...query, ...given } as JsonObject;
  const token = bearer(request) ?? stringOf(tokenArgument);
  return { name, args, run: () => answerCall(name, args, { ...parts, token }) };
}

async function responseCall(ticket: string, request: IncomingMessage, parts: HttpServerParts): Promise<Call> {
  const body = await readBody(request, parts.world.limits.maxBodyBytes);
  const contentType = request.headers['content-type'] ?? '';
  const payload = contentType.startsWith('application/json')
    ? parseJson(body.toString())
    : parseArguments(contentType, body);
  return {
    name: 'response_url',
    args: (payload ?? {}) as JsonObject,
    run: () => parts.responseUrls.use(ticket, payload),
  };
}

/** Bytes for an address handed out before. What Slack answers to a wrong upload is not documented, but for its not being a 200. */
async function uploadCall(ticket: string, request: IncomingMessage, parts: HttpServerParts): Promise<Call> {
  const body = await readBody(request, parts.world.limits.maxBodyBytes);
  const content = uploadedBytes(request.headers['content-type'] ?? '', body);
  return {
    name: 'upload_url',
    args: { bytes: content.length },
    run: () => {
      const refusal = parts.world.files.upload(ticket, content);
      if (refusal !== undefined) return { status: 400, body: { ok: false, error: refusal } };
      return { status: 200, body: { ok: true } };
    },
  };
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  parts: HttpServerParts,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://slack');
  const [, area = '', name = '', rest = ''] = url.pathname.split('/');
  if (area === 'api') return answer(await apiCall(name, request, parts), response, parts);
  if (area === 'response') return answer(await responseCall(name, request, parts), response, parts);
  if (area === 'upload') return answer(await uploadCall(rest, request, parts), response, parts);
  return parts.page.handle(request, response, url);
}

/** Creates the server; it does not listen yet. */
export function createHttpServer(parts: HttpServerParts): Server {
  const server = createServer((request, response) => {
    route(request, response, parts).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) return response.destroy();
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ ok: false, error: 'internal_error', detail: String(error) }));
      return response;
    });
  });
  server.on('upgrade', (request, socket, head) => {
    if (parts.faults.outage) socket.destroy();
    else parts.socketMode.upgrade(request, socket, head);
  });
  return server;
}
