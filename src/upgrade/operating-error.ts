/**
 * Something outside went wrong: the cloud, the network, a Redis, Slack. It has a code to decide by, a cause to read,
 * and says whether the same attempt may be repeated. (A refusal is a value, see refusal.ts; a bug is a thrown Error.)
 */
export class OperatingError extends Error {
  /** Stable, upper-case, made of the room and the reason: `CLOUD_RATE_LIMITED`. */
  readonly code: string;
  /** True: the same attempt may succeed later, after looking at what the first one did. */
  readonly retryable: boolean;

  constructor(code: string, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'OperatingError';
    this.code = code;
    this.retryable = options.retryable;
  }
}
