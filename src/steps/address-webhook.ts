import { createHmac } from 'node:crypto';
import { OperatingError } from '../upgrade/operating-error.ts';

/** What the team's configuration has to say from now on. */
export interface AddressNotice {
  upgradeId: string;
  /** `switched`: use the new instance. `rolled_back`: use the old one again. */
  event: 'switched' | 'rolled_back';
  instance: string;
  address: string;
  previousAddress: string;
}

/** Tells the team's configuration. Resolves once it said that it has taken it. */
export type Announce = (notice: AddressNotice) => Promise<void>;

export interface WebhookOptions {
  url: string;
  secret: string;
  timeoutMs: number;
}

/**
 * POSTs the notice as JSON. `X-Redis-Upgrade-Signature` is `sha256=` and the hex HMAC-SHA256 of the body under the secret;
 * `X-Redis-Upgrade-Delivery` is the same for every repeat of one notice, so that a receiver can tell a repeat. Rejects with
 * WEBHOOK_UNAVAILABLE, retryably, unless the answer is 2xx; a 4xx will not get better and is not retried.
 */
export function createAddressWebhook({ url, secret, timeoutMs }: WebhookOptions): Announce {
  return async (notice) => {
    const body = JSON.stringify(notice);
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    const response = await post(url, {
      body,
      timeoutMs,
      headers: {
        'content-type': 'application/json',
        'x-redis-upgrade-signature': `sha256=${signature}`,
        'x-redis-upgrade-delivery': `${notice.upgradeId}:${notice.event}`,
      },
    });
    await response.body?.cancel();
    if (response.ok) return;
    const final = response.status >= 400 && response.status < 500 && ![408, 429].includes(response.status);
    throw new OperatingError(
      'WEBHOOK_REFUSED',
      `telling the configuration webhook: it answered ${response.status}`,
      { retryable: !final },
    );
  };
}

function post(
  url: string,
  { body, headers, timeoutMs }: { body: string; headers: Record<string, string>; timeoutMs: number },
): Promise<Response> {
  const signal = AbortSignal.timeout(timeoutMs);
  return fetch(url, { method: 'POST', body, headers, redirect: 'error', signal }).catch(noAnswer);
}

function noAnswer(cause: unknown): never {
  const message = 'telling the configuration webhook: it did not answer';
  throw new OperatingError('WEBHOOK_UNAVAILABLE', message, { retryable: true, cause });
}
