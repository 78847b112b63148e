import { type Logger, LogLevel } from '@slack/bolt';
import type { SlackLogger } from './logger.ts';

/**
 * Slack's libraries log through this. Their debug lines hold whole payloads and are dropped whatever the level; of the
 * others only text is kept, with anything that looks like a token taken out.
 */
export function createBoltLogger(logger: SlackLogger): Logger {
  return {
    debug: () => undefined,
    info: (...parts) => logger.debug({ from: 'slack-library' }, sentence(parts)),
    warn: (...parts) => logger.warn({ from: 'slack-library' }, sentence(parts)),
    error: (...parts) => logger.error({ from: 'slack-library' }, sentence(parts)),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}

function sentence(parts: unknown[]): string {
  const text = parts
    .map((part) => (part instanceof Error ? part.message : typeof part === 'string' ? part : ''))
    .filter((part) => part !== '')
    .join(' ');
  return text.replaceAll(/\bx(?:ox[a-z]|app)-[\w-]+/gu, '[redacted]');
}
