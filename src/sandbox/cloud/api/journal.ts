/** One call as the sandbox saw it. */
export interface JournaledCall {
  at: number;
  action: string;
  version: string;
  region: string;
  /** Secrets replaced by `***`. */
  parameters: unknown;
  /** `ok`, the error code answered, `http 503`, `not json`, `cut before` or `cut after`. */
  outcome: string;
  requestId: string;
  durationMs: number;
}

const maxCalls = 20_000;
const secretNames = /password|secret|token/i;

/** The calls of the API, oldest first; the oldest are dropped beyond 20,000. */
export class Journal {
  readonly calls: JournaledCall[] = [];

  record(call: JournaledCall): void {
    this.calls.push({ ...call, parameters: redact(call.parameters) });
    if (this.calls.length > maxCalls) this.calls.shift();
  }
}

/** A copy without the values of anything named like a secret. */
function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, content]) => [name, secretNames.test(name) ? '***' : redact(content)]),
  );
}
