import type { Clock } from './clock.ts';
import type { SlackLimits } from './limits.ts';
import type { PanelSection } from './page/protocol.ts';
import type { WorkspaceSeed } from './seed.ts';

export interface SandboxSlackOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  signingSecret?: string;
  botToken?: string;
  appToken?: string;
  /** Parts of the workspace that differ from the default one. */
  seed?: Partial<WorkspaceSeed>;
  clock?: Clock;
  /** Source of ids, from 0 to 1. */
  random?: () => number;
  limits?: Partial<SlackLimits>;
  /** Answer 429 by Slack's tiers. Default true. */
  rateLimits?: boolean;
  /** Block types this workspace does not know, e.g. `['plan', 'task_card']` for an older one. */
  refusedBlockTypes?: readonly string[];
  /** The app's request URL, e.g. `http://127.0.0.1:3000/slack/events`; without one, Socket Mode. */
  appUrl?: string;
  /** Figures for the page's side panel, read about once a second. */
  panels?: () => PanelSection[];
}
