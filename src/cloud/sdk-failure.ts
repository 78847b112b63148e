import { z } from 'zod';
import { CloudError } from './cloud-error.ts';
import { type Meaning, meaningOfCode, meaningOfHttpStatus, UNAVAILABLE, UNEXPECTED } from './error-map.ts';
import type { Secrets } from './secrets.ts';

/** The SDK's exception, told from others by its trace id: its class is not exported in a form that every loader agrees on. */
const sdkException = z.object({
  traceId: z.string(),
  requestId: z.string(),
  code: z.string().optional(),
  httpCode: z.number().optional(),
  message: z.string(),
});

/**
 * Turns whatever the SDK throws into a CloudError. It has four shapes: its own exception with Tencent's `code`; the same with
 * `httpCode` for a status other than 200; the same with a message alone for a network failure or time-out; and for an answer it
 * cannot read a raw FetchError (not JSON, or cut off) or TypeError (JSON without `Response`).
 */
export function fromSdkFailure(failure: unknown, call: FailedCall): CloudError {
  const { meaning, tencentCode, requestId, says } =
    call.cutOff === undefined ? read(failure) : { ...NO_ENVELOPE, meaning: UNAVAILABLE, says: call.cutOff };
  const { action } = call;
  const label = [tencentCode, requestId === '' ? '' : `request ${requestId}`].filter((part) => part !== '');
  const message = `${action}: ${says}${label.length === 0 ? '' : ` (${label.join(', ')})`}`;
  return new CloudError(call.secrets.redact(message), {
    ...meaning,
    tencentCode: call.secrets.redact(tencentCode),
    requestId: call.secrets.redact(requestId),
    action,
    cause: withoutSecrets(failure, call.secrets),
  });
}

export interface FailedCall {
  action: string;
  secrets: Secrets;
  /** Why this side stopped waiting; the SDK knows only that somebody did, and not in which shape to say so. */
  cutOff?: string;
}

const NO_ENVELOPE = { tencentCode: '', requestId: '' };

interface Reading {
  meaning: Meaning;
  tencentCode: string;
  requestId: string;
  says: string;
}

function read(failure: unknown): Reading {
  const exception = sdkException.safeParse(failure);
  if (exception.success) {
    const { code, httpCode, requestId, message } = exception.data;
    if (httpCode !== undefined) {
      const says = `HTTP status ${httpCode} ${message}`.trimEnd();
      return { ...NO_ENVELOPE, meaning: meaningOfHttpStatus(httpCode), says };
    }
    return code !== undefined && code !== ''
      ? { meaning: meaningOfCode(code), tencentCode: code, requestId, says: message }
      : { ...NO_ENVELOPE, meaning: UNAVAILABLE, says: message };
  }
  const says = failure instanceof Error ? failure.message : String(failure);
  return failure instanceof Error && failure.name === 'FetchError'
    ? { ...NO_ENVELOPE, meaning: UNAVAILABLE, says: `the answer is not JSON or was cut off: ${says}` }
    : { ...NO_ENVELOPE, meaning: UNEXPECTED, says: `the answer has no Response: ${says}` };
}

/** A copy to hang on as the cause: the original's message and stack could quote a password, and the next logger would print it. */
function withoutSecrets(failure: unknown, secrets: Secrets): Error {
  const original = failure instanceof Error ? failure : new Error(String(failure));
  const copy = new Error(secrets.redact(original.message));
  copy.name = original.name;
  copy.stack = secrets.redact(original.stack ?? '');
  return copy;
}
