import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, coreSecrets, readConfig, readCoreConfig } from '../../../src/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'redis-upgrade-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const GOOD = {
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_SIGNING_SECRET: 'signing',
  TENCENTCLOUD_SECRET_ID: 'id',
  TENCENTCLOUD_SECRET_KEY: 'key',
  TENCENTCLOUD_REGION: 'ap-guangzhou',
};

function problemsOf(environment: Record<string, string | undefined>): string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.message
        .split('\n')
        .slice(1)
        .map((line) => line.slice('  - '.length));
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('needs no more than the Slack app, the API key and a region; everything else has a default', () => {
    expect(readConfig(GOOD)).toMatchObject({
      PORT: 3000,
      SLACK_API_URL: 'https://slack.com/api/',
      REDIS_URL: 'redis://127.0.0.1:6379',
      TENCENTCLOUD_REGION: ['ap-guangzhou'],
      REDIS_UPGRADE_APPROVERS: [],
      REDIS_UPGRADE_LOG_LEVEL: 'info',
      REDIS_UPGRADE_CUTOVER_BUDGET_SECONDS: 120,
      REDIS_UPGRADE_APPROVAL_HOURS: 24,
      credentials: {},
    });
  });

  it('says everything that is wrong at once, each by the name of its setting', () => {
    const problems = problemsOf({
      PORT: 'eighty',
      SLACK_APP_TOKEN: 'xoxb-wrong',
      REDIS_URL: 'http://store',
      TENCENTCLOUD_ENDPOINT: 'not a url',
      REDIS_UPGRADE_CHANNEL: '#upgrades',
      REDIS_UPGRADE_APPROVERS: 'U1,@alice',
      REDIS_UPGRADE_LOG_LEVEL: 'loud',
      REDIS_UPGRADE_SOAK_SECONDS: '-1',
      REDIS_UPGRADE_LEASE_MS: '10',
      REDIS_UPGRADE_CREDENTIALS: join(folder, 'nowhere.json'),
    });
    expect(problems).toEqual([
      'SLACK_BOT_TOKEN is missing: the bot token (xoxb-…) of the Slack app',
      'SLACK_APP_TOKEN must be an app-level token (xapp-…)',
      'PORT must be a port, 0 to 65535',
      'REDIS_URL must begin with redis:// or rediss://',
      'TENCENTCLOUD_SECRET_ID is missing: the id of a Tencent Cloud API key',
      'TENCENTCLOUD_SECRET_KEY is missing: the key that belongs to TENCENTCLOUD_SECRET_ID',
      'TENCENTCLOUD_REGION is missing: a region such as ap-guangzhou, or several with commas',
      'TENCENTCLOUD_ENDPOINT must be http://host:port',
      'REDIS_UPGRADE_CHANNEL must be a channel id (C…)',
      'REDIS_UPGRADE_APPROVERS must be a comma list of user ids (U…) and user-group ids (S…)',
      'REDIS_UPGRADE_LOG_LEVEL must be debug, info, warn, error or silent',
      'REDIS_UPGRADE_SOAK_SECONDS must be above 0',
      'REDIS_UPGRADE_LEASE_MS must be 300 or more',
      'REDIS_UPGRADE_CREDENTIALS names a file that cannot be read as JSON (ENOENT)',
    ]);
  });

  it('never repeats a value: it may be a secret in the wrong place', () => {
    const secret = 'hunter2-hunter2';
    const names = Object.keys(readConfig({ ...GOOD, HOST: 'h' })).filter((name) => name !== 'credentials');
    const everywhere = Object.fromEntries(names.map((name) => [name, secret]));
    const problems = problemsOf({
      ...everywhere,
      REDIS_UPGRADE_CREDENTIALS: file('secret.json', `{"crs-1":"${secret}"}`),
    });
    expect(problems.length).toBeGreaterThan(10);
    expect(problems.join('\n')).not.toContain(secret);
  });

  it('wants one way to hear from Slack', () => {
    const { SLACK_SIGNING_SECRET: _, ...without } = GOOD;
    expect(problemsOf(without)).toEqual([
      'SLACK_SIGNING_SECRET (for HTTP) or SLACK_APP_TOKEN (for Socket Mode) is missing',
    ]);
    expect(problemsOf({ ...without, SLACK_APP_TOKEN: 'xapp-1' })).toEqual([]);
  });

  it('takes an empty variable for an unset one', () => {
    expect(readConfig({ ...GOOD, PORT: '', REDIS_URL: '', SLACK_APP_TOKEN: '' })).toMatchObject({
      PORT: 3000,
    });
    expect(problemsOf({ ...GOOD, SLACK_BOT_TOKEN: '' })).toHaveLength(1);
  });

  it('reads comma lists with spaces, empty parts and doubles', () => {
    const config = readConfig({
      ...GOOD,
      TENCENTCLOUD_REGION: ' ap-guangzhou, ap-beijing ,,ap-guangzhou',
      REDIS_UPGRADE_APPROVERS: 'U1, S2 ,W3,',
    });
    expect(config.TENCENTCLOUD_REGION).toEqual(['ap-guangzhou', 'ap-beijing']);
    expect(config.REDIS_UPGRADE_APPROVERS).toEqual(['U1', 'S2', 'W3']);
  });

  it('does not take a list of nothing for a region', () => {
    expect(problemsOf({ ...GOOD, TENCENTCLOUD_REGION: ' , ' })).toHaveLength(1);
  });
});

describe('the credentials file', () => {
  const read = (text: string) =>
    problemsOf({ ...GOOD, REDIS_UPGRADE_CREDENTIALS: file('credentials.json', text) });

  it('gives passwords and accounts by instance', () => {
    const path = file(
      'good.json',
      '{ "crs-1": { "password": "p", "username": "u" }, "crs-2": { "password": "q" } }',
    );
    expect(readConfig({ ...GOOD, REDIS_UPGRADE_CREDENTIALS: path }).credentials).toEqual({
      'crs-1': { password: 'p', username: 'u' },
      'crs-2': { password: 'q' },
    });
  });

  it.each([
    ['no JSON', '{ "crs-1": { "password": "hunter2" }', 'cannot be read as JSON'],
    ['a list', '[]', 'at the top'],
    ['a text instead of an object', '{ "crs-1": "hunter2" }', 'at crs-1'],
    ['an empty password', '{ "crs-1": { "password": "" } }', 'at crs-1.password'],
    ['a misspelt field', '{ "crs-1": { "password": "hunter2", "user": "u" } }', 'at crs-1'],
  ])('with %s is refused with the place, without the password', (...[, text, words]) => {
    const problems = read(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(words);
    expect(problems[0]).not.toContain('hunter2');
  });
});

describe('the configuration without Slack', () => {
  const { SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET, ...core } = GOOD;

  it('needs the store and the cloud only, and does not look at what belongs to Slack', () => {
    expect(SLACK_BOT_TOKEN + SLACK_SIGNING_SECRET).toBe('xoxb-1signing');
    const config = readCoreConfig({ ...core, PORT: 'none', SLACK_APP_TOKEN: 'wrong', SLACK_API_URL: '?' });
    expect(config).toMatchObject({ REDIS_URL: 'redis://127.0.0.1:6379', TENCENTCLOUD_SECRET_ID: 'id' });
    expect(Object.keys(config).filter((name) => name.startsWith('SLACK_'))).toEqual([]);
  });

  it('names every problem of the rest at once', () => {
    const said = () =>
      readCoreConfig({ REDIS_URL: 'store:1', REDIS_UPGRADE_APPROVERS: 'bob', TENCENTCLOUD_REGION: 'r' });
    expect(said).toThrow(ConfigError);
    for (const name of [
      'REDIS_URL',
      'REDIS_UPGRADE_APPROVERS',
      'TENCENTCLOUD_SECRET_ID',
      'TENCENTCLOUD_SECRET_KEY',
    ])
      expect(said).toThrow(name);
    expect(said).not.toThrow('TENCENTCLOUD_REGION');
  });

  it('knows which of its values are secrets', () => {
    const path = file('secrets.json', '{ "crs-1": { "password": "hunter2" } }');
    const config = readCoreConfig({
      ...core,
      REDIS_URL: 'redis://:p%40ss@store:6379',
      TENCENTCLOUD_SECURITY_TOKEN: 'sts',
      REDIS_UPGRADE_CREDENTIALS: path,
    });
    const secrets = coreSecrets(config).filter((secret) => secret !== '');
    expect(secrets.sort()).toEqual(['hunter2', 'id', 'key', 'p@ss', 'sts']);
  });
});
