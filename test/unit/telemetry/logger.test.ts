import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/telemetry/logger.ts';

/** A logger, and what it wrote. */
function listen(secrets: string[] = [], level = 'debug') {
  const lines: string[] = [];
  const logger = createLogger({
    level,
    secrets,
    destination: { write: (line: string) => void lines.push(line) },
  });
  return { logger, lines, text: () => lines.join('') };
}

describe('the log', () => {
  it('is one JSON object a line with level, time, message and fields', () => {
    const { logger, lines } = listen();
    logger.info({ upgradeId: 'up-1' }, 'Ready');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 30, msg: 'Ready', upgradeId: 'up-1' });
  });

  it('leaves out what is below its level', () => {
    const { logger, lines } = listen([], 'warn');
    logger.info({}, 'quiet');
    logger.debug({}, 'quieter');
    logger.error({}, 'loud');
    expect(lines).toHaveLength(1);
  });

  it.each([
    'password',
    'Password',
    'token',
    'botToken',
    'secretKey',
    'SecretKey',
    'secretId',
    'authorization',
    'Authorization',
    'signingSecret',
  ])('never holds the value of a field named %s, down to the third depth', (field) => {
    const { logger, text } = listen();
    const value = { [field]: 'hunter2' };
    logger.warn({ ...value, one: value, two: { deep: value } }, 'told');
    expect(text()).not.toContain('hunter2');
    expect(text().match(/\[secret\]/g)).toHaveLength(3);
  });

  const SECRETS = ['s3cr3t', 'with "quotes" and \\', 'line\nbreak', 'ümlaut/+=', 's3cr3t-and-more'];
  it.each(SECRETS)('never holds the known secret %j, wherever it turns up', (secret) => {
    const { logger, text } = listen(SECRETS);
    const cause = new Error(`AUTH ${secret} failed`);
    logger.error({ err: new Error(`connecting with ${secret}`, { cause }) }, `said ${secret}`);
    logger.warn({ url: `redis://:${encodeURIComponent(secret)}@store:6379` }, 'a URL');
    logger.warn({ body: JSON.stringify({ Password: secret }) }, 'JSON in a text');
    logger.warn({ [secret]: 1, list: [secret] }, 'a name and a list');
    const written = text();
    const forms = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
    for (const form of forms) expect(written).not.toContain(form);
    expect(written).not.toContain('-and-more');
    for (const line of written.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('keeps the stack of an error, without the secret in it', () => {
    const { logger, text } = listen(['s3cr3t']);
    logger.error({ err: new TypeError('bad s3cr3t') }, 'broke');
    expect(text()).toContain('TypeError: bad [secret]\\n    at ');
  });

  it('does not cut holes into words for the sake of an empty or very short secret', () => {
    const { logger, text } = listen(['', 'a', 'abc']);
    logger.info({}, 'abc and so on');
    expect(text()).toContain('abc and so on');
  });
});
