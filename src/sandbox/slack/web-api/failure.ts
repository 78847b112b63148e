import type { JsonObject } from '../json.ts';

/** An answer `{ ok: false, error }`. Slack sends it with HTTP status 200. */
export class SlackFailure extends Error {
  readonly code: string;
  readonly details: JsonObject;

  constructor(code: string, details: JsonObject = {}) {
    super(code);
    this.name = 'SlackFailure';
    this.code = code;
    this.details = details;
  }
}
