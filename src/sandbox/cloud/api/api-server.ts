import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.ts';
import { requestId } from '../identifiers.ts';
import type { ApiCalls } from './api-calls.ts';
import type { ControlPages } from './control-pages.ts';

export interface ApiServerOptions {
  calls: ApiCalls;
  /** The sandbox's own pages beside the API. */
  control: ControlPages;
  host: string;
  port: number;
  clock: Clock;
  random: () => number;
}

export interface ApiServer {
  /** `http://host:port` */
  endpoint: string;
  close(): Promise<void>;
}

/** Tencent's own limit on the body of a TC3 request. */
const maxBodyBytes = 10 * 1024 * 1024;

/** One HTTP server for all services. Resolves when it listens. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const server = createServer((request, response) => {
    serve(options, request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://${options.host}:${port}`, close: () => close(server) };
}

async function serve(
  options: ApiServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  const url = new URL(request.url ?? '/', 'http://sandbox');
  if (url.pathname.startsWith('/sandbox/')) {
    const { status, content } = options.control.answer({
      method: request.method ?? 'GET',
      url,
      contentType: request.headers['content-type'],
      body: body.toString(),
    });
    writeJson(response, status, content);
    return;
  }
  if (url.pathname !== '/') {
    writeJson(response, 404, { error: 'The API has one path: /' });
    return;
  }
  const id = requestId(options.random);
  const answer = await options.calls.answer({
    requestId: id,
    method: request.method ?? 'GET',
    query: url.search.slice(1),
    header: (name) => headerText(request, name),
    body,
  });
  if (answer.kind === 'cut') request.socket.destroy();
  else if (answer.kind === 'text')
    response.writeHead(answer.status, { 'content-type': 'text/html' }).end(answer.text);
  else writeJson(response, 200, { Response: { ...answer.content, RequestId: id } });
}

function headerText(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > maxBodyBytes) throw new Error('The body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function writeJson(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
