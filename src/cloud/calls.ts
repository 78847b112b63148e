import { setMaxListeners } from 'node:events';
import type { z } from 'zod';
import { CloudError } from './cloud-error.ts';
import type { CloudClock, CloudLimits } from './cloud-limits.ts';
import { UNEXPECTED } from './error-map.ts';
import { createRequestPace } from './request-pace.ts';
import type { SdkClients, SdkRequest } from './sdk-clients.ts';
import { fromSdkFailure } from './sdk-failure.ts';
import type { Secrets } from './secrets.ts';

/** One request, and the shape its answer must have. */
export interface Call<Answer> extends SdkRequest {
  answer: z.ZodType<Answer>;
}
export interface Answered<Answer> {
  answer: Answer;
  requestId: string;
}

/** One HTTP exchange, for metrics and logs. Holds no text of the request or the answer. */
export interface CloudCall {
  action: string;
  region: string;
  ms: number;
  /** `OK`, Tencent's code when its envelope came back, else this room's. */
  outcome: string;
  requestId: string;
}

/** The one way to Tencent: every SDK call of this room goes through here. */
export interface Calls {
  /** Repeats on rate limits and trouble of the server, with backoff and jitter, until `readDeadlineMs`. */
  read<Answer>(call: Call<Answer>): Promise<Answered<Answer>>;
  /** Exactly one attempt that can have an effect; only RequestLimitExceeded, which has none, is repeated. */
  mutate<Answer>(call: Call<Answer>): Promise<Answered<Answer>>;
  /** Cuts off what is under way and refuses what comes. */
  close(): void;
}

export interface CallsOptions {
  clients: SdkClients;
  clock: CloudClock;
  /** 0 up to 1. */
  random: () => number;
  limits: CloudLimits;
  secrets: Secrets;
  /** Must not throw. */
  observe: (call: CloudCall) => void;
}

export function createCalls(options: CallsOptions): Calls {
  const { clock, limits } = options;
  const pace = createRequestPace(clock, limits);
  const exchange = createExchange(options);
  const closing = new AbortController();
  // One listener for each pause under way, however many there are: not the leak that the runtime would warn of.
  setMaxListeners(Number.POSITIVE_INFINITY, closing.signal);

  async function pause(ms: number, action: string): Promise<void> {
    if (ms > 0 && !closing.signal.aborted) {
      await clock.sleep(ms, closing.signal).catch((cause: unknown) => {
        if (!closing.signal.aborted) {
          throw cause;
        }
      });
    }
    if (closing.signal.aborted) {
      throw nothingSent(action, 'CLOUD_UNAVAILABLE', 'the connection to the cloud is being closed');
    }
  }

  async function untilDeadline<Answer>(call: Call<Answer>, rules: Rules): Promise<Answered<Answer>> {
    const deadlineMs = clock.now() + rules.deadlineMs;
    for (let failures = 0; ; failures += 1) {
      const wait = pace.reserve(call.action, deadlineMs);
      if (wait === undefined) {
        throw nothingSent(call.action, 'CLOUD_RATE_LIMITED', 'no request was free before the deadline');
      }
      await pause(wait, call.action);
      try {
        return await exchange.send(call, rules.timeoutMs(deadlineMs - clock.now()));
      } catch (error) {
        const delay = backoff(failures, limits, options.random);
        if (!(error instanceof CloudError && rules.repeat(error)) || clock.now() + delay >= deadlineMs) {
          throw error;
        }
        await pause(delay, call.action);
      }
    }
  }

  const reading: Rules = {
    deadlineMs: limits.readDeadlineMs,
    timeoutMs: (leftMs) => Math.min(limits.attemptTimeoutMs, leftMs),
    repeat: isPassing,
  };
  const mutating: Rules = {
    deadlineMs: limits.mutationDeadlineMs,
    // Always in full: one cut short by the deadline would only make a success look like a failure.
    timeoutMs: () => limits.attemptTimeoutMs,
    repeat: hadNoEffect,
  };
  return {
    read: (call) => untilDeadline(call, reading),
    mutate: (call) => untilDeadline(call, mutating),
    close: () => {
      closing.abort();
      exchange.cutAll();
      options.clients.close();
    },
  };
}

interface Rules {
  deadlineMs: number;
  timeoutMs: (leftMs: number) => number;
  repeat: (error: CloudError) => boolean;
}
const isPassing = (error: CloudError): boolean =>
  error.cloudCode === 'CLOUD_RATE_LIMITED' || error.cloudCode === 'CLOUD_UNAVAILABLE';
const hadNoEffect = (error: CloudError): boolean =>
  error.cloudCode === 'CLOUD_RATE_LIMITED' && !error.mayHaveHappened;

/** Doubles from `backoffFirstMs` to `backoffMaxMs`; jitter takes away up to half, so that many callers spread out. */
function backoff(failures: number, limits: CloudLimits, random: () => number): number {
  const full = Math.min(limits.backoffMaxMs, limits.backoffFirstMs * 2 ** failures);
  return full * (1 - random() / 2);
}

function nothingSent(
  action: string,
  code: 'CLOUD_RATE_LIMITED' | 'CLOUD_UNAVAILABLE',
  why: string,
): CloudError {
  const facts = { code, retryable: true, tencentCode: '', requestId: '', action, mayHaveHappened: false };
  return new CloudError(`${action}: ${why}`, facts);
}

/** One request, one answer or one CloudError. */
function createExchange({ clients, clock, secrets, observe }: CallsOptions) {
  const underWay = new Set<AbortController>();

  async function send<Answer>(call: Call<Answer>, timeoutMs: number): Promise<Answered<Answer>> {
    const { action, region } = call;
    const startedAt = clock.now();
    const note = (outcome: string, requestId: string) =>
      observe({ action, region, ms: clock.now() - startedAt, outcome, requestId });
    try {
      const answered = understand(call, await withTimeout(call, timeoutMs), secrets);
      note('OK', answered.requestId);
      return answered;
    } catch (error) {
      if (error instanceof CloudError) {
        note(error.tencentCode || error.cloudCode, error.requestId);
      }
      throw error;
    }
  }

  /** The wait for a socket is real time and not the clock's: it is the SDK that waits, and only a signal stops it. */
  async function withTimeout(call: SdkRequest, timeoutMs: number): Promise<unknown> {
    const cut = new AbortController();
    underWay.add(cut);
    const timer = setTimeout(() => cut.abort(`no answer within ${timeoutMs} ms`), Math.max(1, timeoutMs));
    try {
      return await clients.request(call, cut.signal);
    } catch (failure) {
      const why = cut.signal.aborted ? { cutOff: String(cut.signal.reason) } : {};
      throw fromSdkFailure(failure, { action: call.action, secrets, ...why });
    } finally {
      clearTimeout(timer);
      underWay.delete(cut);
    }
  }

  return {
    send,
    cutAll(): void {
      for (const cut of underWay) {
        cut.abort('cut off, the connection to the cloud is being closed');
      }
    },
  };
}

function understand<Answer>(call: Call<Answer>, response: unknown, secrets: Secrets): Answered<Answer> {
  secrets.learnFrom(response);
  const requestId = requestIdOf(response);
  const parsed = call.answer.safeParse(response);
  if (!parsed.success) {
    // Paths and expectations only: the values of an answer are not ours to print.
    const where = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.code}`).join('; ');
    const message = `${call.action}: the answer is not what Tencent documents (${where}; request ${requestId})`;
    throw new CloudError(message, { ...UNEXPECTED, tencentCode: '', requestId, action: call.action });
  }
  return { answer: parsed.data, requestId };
}

function requestIdOf(response: unknown): string {
  const id =
    typeof response === 'object' && response !== null && 'RequestId' in response ? response.RequestId : '';
  return typeof id === 'string' ? id : '';
}
