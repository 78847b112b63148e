import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

/** Which version each action belongs to; an action that is not here is one the product must not use. */
const VERSIONS: Record<string, string> = {
  ...Object.fromEntries(
    [
      'DescribeInstances',
      'DescribeTaskInfo',
      'ModifyNetworkConfig',
      'ModifyInstanceReadOnly',
      'DescribeInstanceDTSInfo',
      'DescribeInstanceSecurityGroup',
      'AssociateSecurityGroups',
      'DisassociateSecurityGroups',
      'ManualBackupInstance',
      'DescribeInstanceBackups',
    ].map((action) => [action, '2018-04-12']),
  ),
  ...Object.fromEntries(
    [
      'CreateMigrationService',
      'ModifyMigrationJob',
      'CreateMigrateCheckJob',
      'DescribeMigrationCheckJob',
      'StartMigrateJob',
      'CompleteMigrateJob',
      'ModifyMigrateRuntimeAttribute',
      'StopMigrateJob',
      'IsolateMigrateJob',
      'DescribeMigrationJobs',
      'DescribeMigrationDetail',
    ].map((action) => [action, '2021-12-06']),
  ),
  GetMonitorData: '2018-07-24',
  DescribeUsedIpAddress: '2017-03-12',
  DescribeSubnets: '2017-03-12',
};

export type Reply =
  /** What stands under `Response`; a RequestId is added. */
  | Record<string, unknown>
  /** Tencent's error envelope. */
  | { error: string; says?: string }
  /** Anything else that a server can do to a client. */
  | { status: number; body?: string }
  | { body: string }
  | 'reset'
  | 'cut-in-the-body'
  | 'hang';

export interface Received {
  action: string;
  region: string;
  body: unknown;
  headers: IncomingMessage['headers'];
}

export interface FakeTencent {
  endpoint: string;
  received: Received[];
  /** What the next requests of this action are answered with, in order; the last one again and again. */
  answer(action: string, ...replies: (Reply | ((request: Received) => Reply))[]): void;
  /** How often this action was asked for. */
  count(action: string): number;
  /** What was wrong with requests; a test must find it empty at its end. */
  complaints: string[];
  /** Every answer to this action is held back until released. */
  hold(action: string): () => void;
  reset(): void;
  close(): Promise<void>;
}

/** A Tencent that says only what a test taught it, and complains about every request the real one would not take. */
export async function startFakeTencent(): Promise<FakeTencent> {
  const replies = new Map<string, (Reply | ((request: Received) => Reply))[]>();
  const holds = new Map<string, Promise<void>>();
  const received: Received[] = [];
  const complaints: string[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const got = await receive(request, complaints);
    received.push(got);
    await holds.get(got.action);
    const queue = replies.get(got.action) ?? [];
    const next = queue.length > 1 ? queue.shift() : queue[0];
    if (next === undefined) {
      complaints.push(`nothing was expected to ask for ${got.action}`);
    }
    const reply = typeof next === 'function' ? next(got) : (next ?? { error: 'InvalidAction' });
    send(reply, response, received.length);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      complaints.push(String(error));
      response.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    received,
    complaints,
    answer: (action, ...next) => void replies.set(action, next),
    count: (action) => received.filter((request) => request.action === action).length,
    hold(action) {
      let release: () => void = () => undefined;
      holds.set(
        action,
        new Promise((resolve) => {
          release = resolve;
        }),
      );
      return () => {
        holds.delete(action);
        release();
      };
    },
    reset() {
      replies.clear();
      holds.clear();
      received.length = 0;
      complaints.length = 0;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function receive(request: IncomingMessage, complaints: string[]): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(Buffer.from(chunk));
  }
  const header = (name: string) => String(request.headers[name] ?? '');
  const action = header('x-tc-action');
  const expectations: [boolean, string][] = [
    [request.method === 'POST' && request.url === '/', `${request.method} ${request.url}`],
    [header('content-type') === 'application/json', 'content type'],
    [header('x-tc-version') === VERSIONS[action], `version ${header('x-tc-version')} of ${action}`],
    [/^ap-[a-z]+$/.test(header('x-tc-region')), 'region'],
    [header('x-tc-language') === 'en-US', 'language'],
    [/^TC3-HMAC-SHA256 Credential=AKIDtest\//.test(header('authorization')), 'signature'],
  ];
  complaints.push(...expectations.filter(([good]) => !good).map(([, what]) => `wrong: ${what}`));
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  return { action, region: header('x-tc-region'), body, headers: request.headers };
}

const errorReply = z.object({ error: z.string(), says: z.string().default('It did not work.') });
const httpReply = z.object({ status: z.number().default(200), body: z.string().default('') }).strict();

function send(reply: Reply, response: ServerResponse, number: number): void {
  if (reply === 'hang') {
    return;
  }
  if (reply === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (reply === 'cut-in-the-body') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"Response":{', () => response.destroy());
    return;
  }
  const http = httpReply.safeParse(reply);
  if (http.success && Object.keys(reply).length > 0) {
    response.writeHead(http.data.status).end(http.data.body);
    return;
  }
  const RequestId = `request-${number}`;
  const failed = errorReply.safeParse(reply);
  const Response = failed.success
    ? { Error: { Code: failed.data.error, Message: failed.data.says }, RequestId }
    : { ...(reply as object), RequestId };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ Response }));
}
