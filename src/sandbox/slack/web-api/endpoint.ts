// One Web API call from bytes to answer: who calls, may they, is it too often, what goes wrong on purpose.
import type { JsonObject } from '../json.ts';
import { Arguments, type Method, type World } from './call.ts';
import { SlackFailure } from './failure.ts';
import type { RateLimits } from './rate-limits.ts';

export interface ApiAnswer {
  status: number;
  body: JsonObject;
  headers?: Record<string, string>;
}

interface Tokens {
  bot: string;
  app: string;
}

export interface EndpointParts {
  world: World;
  methods: ReadonlyMap<string, Method>;
  tokens: Tokens;
  rateLimits: RateLimits;
}

export function rateLimited(seconds: number): ApiAnswer {
  return {
    status: 429,
    body: { ok: false, error: 'ratelimited' },
    headers: { 'retry-after': String(seconds) },
  };
}

function failed(failure: SlackFailure): ApiAnswer {
  return { status: 200, body: { ok: false, error: failure.code, ...failure.details } };
}

function checkToken(token: string | undefined, method: Method, tokens: Tokens): void {
  if (token === undefined || token === '') throw new SlackFailure('not_authed');
  if (token !== tokens.bot && token !== tokens.app) throw new SlackFailure('invalid_auth');
  const expected = method.token === 'app' ? tokens.app : tokens.bot;
  if (token !== expected) throw new SlackFailure('not_allowed_token_type');
}

function checkScopes(method: Method, granted: readonly string[]): void {
  const needed = method.scopes;
  if (!needed || needed.some((scope) => granted.includes(scope))) return;
  throw new SlackFailure('missing_scope', { needed: needed.join(','), provided: granted.join(',') });
}

/** Answers a call. Every refusal is HTTP 200 with `ok: false`, except 429. */
export function answerCall(
  name: string,
  raw: JsonObject,
  parts: EndpointParts & { token: string | undefined },
): ApiAnswer {
  try {
    const method = parts.methods.get(name);
    if (!method) throw new SlackFailure('unknown_method', { req_method: name });
    checkToken(parts.token, method, parts.tokens);
    checkScopes(method, parts.world.workspace.seed.app.scopes);
    const args = new Arguments(raw);
    const wait = parts.rateLimits.check(name, method, args.text('channel') ?? '');
    if (wait !== undefined) return rateLimited(wait);
    return { status: 200, body: { ok: true, ...method.run(args, parts.world) } };
  } catch (error) {
    if (error instanceof SlackFailure) return failed(error);
    throw error;
  }
}
