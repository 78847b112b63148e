import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface BotEnvironmentOptions {
  directory: string;
  port: number;
  slack: { apiUrl: string; botToken: string; signingSecret: string; appToken: string };
  socketMode: boolean;
  cloud: { endpoint: string; secretId: string; secretKey: string; regions: readonly string[] };
  storeUrl: string;
  channel: string;
  approvers: readonly string[];
  /** By instance id. */
  passwords: Readonly<Record<string, string>>;
  /** Further variables, for shorter waits. */
  extra: Readonly<Record<string, string>>;
}

/** The bot's whole environment, as an operator would write it. Writes the file of credentials into the directory. */
export async function botEnvironment(options: BotEnvironmentOptions): Promise<Record<string, string>> {
  const credentialsPath = join(options.directory, 'credentials.json');
  const entries = Object.entries(options.passwords).map(([id, password]) => [id, { password }]);
  await writeFile(credentialsPath, JSON.stringify(Object.fromEntries(entries)), { mode: 0o600 });
  return {
    // Loopback only: nothing of the sandbox is reached from outside.
    HOST: '127.0.0.1',
    PORT: String(options.port),
    SLACK_API_URL: options.slack.apiUrl,
    SLACK_BOT_TOKEN: options.slack.botToken,
    SLACK_SIGNING_SECRET: options.slack.signingSecret,
    ...(options.socketMode && { SLACK_APP_TOKEN: options.slack.appToken }),
    REDIS_URL: options.storeUrl,
    TENCENTCLOUD_SECRET_ID: options.cloud.secretId,
    TENCENTCLOUD_SECRET_KEY: options.cloud.secretKey,
    TENCENTCLOUD_REGION: options.cloud.regions.join(','),
    TENCENTCLOUD_ENDPOINT: options.cloud.endpoint,
    REDIS_UPGRADE_CHANNEL: options.channel,
    REDIS_UPGRADE_APPROVERS: options.approvers.join(','),
    REDIS_UPGRADE_CREDENTIALS: credentialsPath,
    ...options.extra,
  };
}
