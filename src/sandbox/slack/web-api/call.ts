import type { BlockRules } from '../block-kit/validate.ts';
import type { Clock } from '../clock.ts';
import type { Triggers } from '../inbound/triggers.ts';
import type { JsonObject } from '../json.ts';
import type { SlackLimits } from '../limits.ts';
import type { ViewStore } from '../views.ts';
import type { Workspace } from '../workspace.ts';
import { SlackFailure } from './failure.ts';
import type { FileStore } from './file-store.ts';

/** What the methods work on. */
export interface World {
  workspace: Workspace;
  views: ViewStore;
  files: FileStore;
  triggers: Triggers;
  clock: Clock;
  limits: SlackLimits;
  rules: BlockRules;
  /** `http://127.0.0.1:PORT`, known once the server listens. */
  origin(): string;
  /** Makes a fresh single-use websocket address. */
  openSocket(): string;
}

/** One method: its tier, its scopes, and what it does. Refusals are thrown as SlackFailure. */
export interface Method {
  /** Documented calls a minute, or `channel` for about one a second in each channel, or none. */
  perMinute?: 20 | 50 | 100 | 'channel';
  /** Any one of these is enough. */
  scopes?: readonly string[];
  token?: 'bot' | 'app';
  run(args: Arguments, world: World): JsonObject;
}

/** Typed access to the arguments of a call. Forms carry everything as text, JSON bodies do not. */
export class Arguments {
  readonly raw: JsonObject;

  constructor(raw: JsonObject) {
    this.raw = raw;
  }

  text(name: string): string | undefined {
    const value = this.raw[name];
    if (typeof value === 'string') return value === '' ? undefined : value;
    return typeof value === 'number' ? String(value) : undefined;
  }

  required(name: string, code = 'invalid_arguments'): string {
    const value = this.text(name);
    if (value === undefined) {
      throw new SlackFailure(code, {
        response_metadata: { messages: [`[ERROR] missing required field: ${name}`] },
      });
    }
    return value;
  }

  flag(name: string): boolean {
    const value = this.raw[name];
    return value === true || value === 'true' || value === '1';
  }

  count(name: string, fallback: number): number {
    const value = Number(this.raw[name]);
    return Number.isInteger(value) && value > 0 ? value : fallback;
  }

  value(name: string): unknown {
    return this.raw[name];
  }
}
