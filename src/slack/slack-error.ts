import { OperatingError } from '../upgrade/operating-error.ts';

/** Slack asked to slow down; the call certainly had no effect. */
export class SlackRateLimited extends OperatingError {
  readonly retryAfterMs: number;

  constructor(method: string, retryAfterMs: number) {
    super('SLACK_RATE_LIMITED', `Slack allows ${method} again in ${retryAfterMs} ms.`, { retryable: true });
    this.name = 'SlackRateLimited';
    this.retryAfterMs = retryAfterMs;
  }
}

/** No usable answer from Slack: network, time-out, or its own trouble. The call may have had its effect. */
export class SlackUnavailable extends OperatingError {
  constructor(method: string, why: string, cause: unknown) {
    super('SLACK_UNAVAILABLE', `Slack did not answer ${method}: ${why}`, { retryable: true, cause });
    this.name = 'SlackUnavailable';
  }
}

/** Slack understood and said no; the call had no effect and would have none a second time. */
export class SlackRefused extends OperatingError {
  readonly method: string;
  /** Slack's own code, `channel_not_found`. */
  readonly reason: string;

  constructor(method: string, reason: string, details: string[] = []) {
    const more = details.length === 0 ? '' : ` (${details.slice(0, 3).join('; ')})`;
    super('SLACK_REFUSED', `Slack refused ${method} with ${reason}${more}. ${cureOf(reason)}`.trim(), {
      retryable: false,
    });
    this.name = 'SlackRefused';
    this.method = method;
    this.reason = reason;
  }
}

const CURES: Record<string, string> = {
  channel_not_found:
    'Check the channel id; if the channel is private, invite the bot with /invite @redis-upgrade.',
  not_in_channel: 'Invite the bot to the channel with /invite @redis-upgrade.',
  is_archived: 'The channel is archived: unarchive it.',
  restricted_action: 'A workspace setting forbids the bot to post there: ask a workspace administrator.',
  missing_scope: 'The app lacks a permission: reinstall it with the scopes of manifest.yml.',
  plan_upgrade_required:
    'User groups need a paid Slack plan: list user ids (U…) in REDIS_UPGRADE_APPROVERS instead.',
  no_such_subteam: 'Correct the user group id in REDIS_UPGRADE_APPROVERS.',
  invalid_auth: 'Check SLACK_BOT_TOKEN.',
  not_authed: 'Set SLACK_BOT_TOKEN.',
  token_revoked: 'The app was removed from the workspace: install it again and set SLACK_BOT_TOKEN.',
  token_expired: 'Install the app again and set SLACK_BOT_TOKEN.',
  account_inactive: 'The app was removed from the workspace: install it again and set SLACK_BOT_TOKEN.',
};

/** What a person can do about a refusal of Slack's; empty when nothing is known. */
export function cureOf(reason: string): string {
  return Object.hasOwn(CURES, reason) ? (CURES[reason] ?? '') : '';
}
