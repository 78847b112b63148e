/**
 * "You may not, because": an answer, not an error. It names the thing and the cure in words for the person who asked,
 * and nothing has been changed when it is given.
 */
export interface Refusal {
  /** Stable, for tests and metrics: `unknown_instance`, `pair_not_supported`. */
  code: string;
  /** One or two plain-text sentences: what is wrong and what can be done. Never Slack markup. */
  message: string;
}

/** Either what was asked for or why not. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; refusal: Refusal };

export function accept<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function refuse(code: string, message: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { code, message } };
}
