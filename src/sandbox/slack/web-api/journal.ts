import type { JsonObject } from '../json.ts';

/** One call an app made. */
export interface ApiCall {
  method: string;
  args: JsonObject;
  /** Milliseconds since 1970. */
  at: number;
  /** HTTP status sent; 0 when the connection was cut or the call is still waiting. */
  status: number;
  response: JsonObject;
}

const maxKeptCalls = 5_000;

/** The calls an app made, oldest first; the oldest are forgotten above 5,000. */
export class CallJournal {
  readonly calls: ApiCall[] = [];

  begin(call: Pick<ApiCall, 'method' | 'args' | 'at'>): ApiCall {
    const entry: ApiCall = { ...call, status: 0, response: {} };
    this.calls.push(entry);
    if (this.calls.length > maxKeptCalls) this.calls.shift();
    return entry;
  }
}
