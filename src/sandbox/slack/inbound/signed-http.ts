import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import type { Clock } from '../clock.ts';
import { isObject, parseJson } from '../json.ts';
import type { Delivery, Envelope } from './delivery.ts';

export interface SignedHttpOptions {
  url: string;
  signingSecret: string;
  clock: Clock;
  deadlineMs: number;
}

/** Slack's signature over a raw body: `v0=` and the HMAC-SHA256 of version, timestamp and body. */
function sign(signingSecret: string, timestamp: string, body: string): string {
  return `v0=${createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

function encode(envelope: Envelope): { contentType: string; body: string } {
  if (envelope.type === 'events_api') {
    return { contentType: 'application/json', body: JSON.stringify(envelope.payload) };
  }
  // Bare, without a charset: the app's framework compares it for equality.
  const contentType = 'application/x-www-form-urlencoded';
  const fields =
    envelope.type === 'interactive'
      ? { payload: JSON.stringify(envelope.payload) }
      : Object.fromEntries(Object.entries(envelope.payload).map(([key, value]) => [key, String(value)]));
  return { contentType, body: new URLSearchParams(fields).toString() };
}

function readAck(status: number, text: string): Delivery {
  if (status < 200 || status > 299) return { ok: false, error: 'http_service_error' };
  if (text.trim() === '') return { ok: true, body: undefined };
  const parsed = parseJson(text);
  return { ok: true, body: isObject(parsed) ? parsed : text };
}

function retryHeaders(envelope: Envelope): Record<string, string> {
  if (envelope.type !== 'events_api' || envelope.retryAttempt === undefined) return {};
  return {
    'x-slack-retry-num': String(envelope.retryAttempt),
    'x-slack-retry-reason': envelope.retryReason ?? 'http_error',
  };
}

/** Posts one signed request to the app's request URL. */
export function deliverSigned(envelope: Envelope, options: SignedHttpOptions): Promise<Delivery> {
  const { contentType, body } = encode(envelope);
  const timestamp = String(Math.floor(options.clock.now() / 1_000));
  return new Promise((resolve) => {
    const outgoing = request(
      options.url,
      {
        method: 'POST',
        agent: false,
        signal: AbortSignal.timeout(options.deadlineMs),
        headers: {
          'content-type': contentType,
          'content-length': Buffer.byteLength(body),
          'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
          'x-slack-request-timestamp': timestamp,
          'x-slack-signature': sign(options.signingSecret, timestamp, body),
          ...retryHeaders(envelope),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve(readAck(response.statusCode ?? 0, Buffer.concat(chunks).toString())),
        );
        response.on('error', fail);
      },
    );
    function fail(error: Error): void {
      const timedOut = error.name === 'AbortError' || error.name === 'TimeoutError';
      resolve({ ok: false, error: timedOut ? 'operation_timeout' : 'dispatch_failed' });
    }
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}
