import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The environment says something that cannot be used. All problems at once, each naming its setting. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part, index, parts) => part !== '' && parts.indexOf(part) === index),
  );
const positive = (fallback: number) =>
  z.coerce.number('must be a number').positive('must be above 0').default(fallback);
const required = (why: string) => z.string(why).min(1, why);

const PORT_WORDS = 'must be a port, 0 to 65535';

const environmentSchema = z.object({
  SLACK_BOT_TOKEN: required('is missing: the bot token (xoxb-…) of the Slack app'),
  SLACK_SIGNING_SECRET: z.string().min(1).optional(),
  SLACK_APP_TOKEN: z.string().startsWith('xapp-', 'must be an app-level token (xapp-…)').optional(),
  SLACK_API_URL: z.url('must be a URL').default('https://slack.com/api/'),
  PORT: z.coerce.number(PORT_WORDS).int(PORT_WORDS).min(0, PORT_WORDS).max(65535, PORT_WORDS).default(3000),
  HOST: z.string().optional(),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must begin with redis:// or rediss://')
    .default('redis://127.0.0.1:6379'),
  TENCENTCLOUD_SECRET_ID: required('is missing: the id of a Tencent Cloud API key'),
  TENCENTCLOUD_SECRET_KEY: required('is missing: the key that belongs to TENCENTCLOUD_SECRET_ID'),
  TENCENTCLOUD_SECURITY_TOKEN: z.string().min(1).optional(),
  TENCENTCLOUD_REGION: list.refine(
    (regions) => regions.length > 0,
    'is missing: a region such as ap-guangzhou, or several with commas',
  ),
  TENCENTCLOUD_ENDPOINT: z.url('must be http://host:port').optional(),
  REDIS_UPGRADE_CHANNEL: z
    .string()
    .regex(/^[CG][A-Z0-9]+$/, 'must be a channel id (C…)')
    .optional(),
  REDIS_UPGRADE_APPROVERS: list.refine(
    (ids) => ids.every((id) => /^[USW][A-Z0-9]+$/.test(id)),
    'must be a comma list of user ids (U…) and user-group ids (S…)',
  ),
  REDIS_UPGRADE_CREDENTIALS: z.string().min(1).optional(),
  REDIS_UPGRADE_WEBHOOK_URL: z.url('must be a URL').optional(),
  REDIS_UPGRADE_WEBHOOK_SECRET: z.string().min(16, 'must have at least 16 characters').optional(),
  REDIS_UPGRADE_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')
    .default('info'),
  REDIS_UPGRADE_CUTOVER_BUDGET_SECONDS: positive(120),
  REDIS_UPGRADE_ROLLBACK_BUDGET_SECONDS: positive(600),
  REDIS_UPGRADE_APPROVAL_HOURS: positive(24),
  REDIS_UPGRADE_SOAK_SECONDS: positive(600),
  REDIS_UPGRADE_VERIFICATION_MAX_AGE_SECONDS: positive(1800),
  REDIS_UPGRADE_VERIFY_KEYS_PER_SECOND: z.coerce
    .number('must be a number')
    .positive('must be above 0')
    .optional(),
  REDIS_UPGRADE_VERIFY_DELTA_MS: positive(30),
  REDIS_UPGRADE_PATIENCE_SECONDS: positive(600),
  REDIS_UPGRADE_POLL_MAX_SECONDS: positive(5),
  REDIS_UPGRADE_LEASE_MS: z.coerce
    .number('must be a number')
    .int('must be whole')
    .min(300, 'must be 300 or more')
    .default(5_000),
});

const credentialsSchema = z.record(
  z.string(),
  z.strictObject({ password: z.string().min(1), username: z.string().min(1).optional() }),
);
export type Credentials = z.infer<typeof credentialsSchema>;

/** Everything the process is told from outside, checked. */
export type Config = z.infer<typeof environmentSchema> & { credentials: Credentials };

/** What only the bot's surface in Slack needs. */
const coreSchema = environmentSchema.omit({
  SLACK_BOT_TOKEN: true,
  SLACK_SIGNING_SECRET: true,
  SLACK_APP_TOKEN: true,
  SLACK_API_URL: true,
  PORT: true,
  HOST: true,
  REDIS_UPGRADE_CHANNEL: true,
});

/** The part that the store, the cloud and the steps need: enough for the terminal when Slack is down. */
export type CoreConfig = z.infer<typeof coreSchema> & { credentials: Credentials };

type Environment = Record<string, string | undefined>;

/** Reads and checks the environment. Throws ConfigError with every problem. Values are never repeated in messages. */
export function readConfig(environment: Environment = process.env): Config {
  const problems: string[] = [];
  const { SLACK_APP_TOKEN, SLACK_SIGNING_SECRET } = setOnes(environment);
  if (SLACK_APP_TOKEN === undefined && SLACK_SIGNING_SECRET === undefined) {
    problems.push('SLACK_SIGNING_SECRET (for HTTP) or SLACK_APP_TOKEN (for Socket Mode) is missing');
  }
  return read(environmentSchema, environment, problems);
}

/** The same without what belongs to Slack, which may be missing or wrong. */
export function readCoreConfig(environment: Environment = process.env): CoreConfig {
  return read(coreSchema, environment, []);
}

/** The values in it that must never be shown. */
export function coreSecrets(config: CoreConfig): string[] {
  return [
    config.TENCENTCLOUD_SECRET_ID,
    config.TENCENTCLOUD_SECRET_KEY,
    config.TENCENTCLOUD_SECURITY_TOKEN ?? '',
    config.REDIS_UPGRADE_WEBHOOK_SECRET ?? '',
    decodeURIComponent(new URL(config.REDIS_URL).password),
    ...Object.values(config.credentials).map((entry) => entry.password),
  ];
}

function read<T extends object>(
  schema: z.ZodType<T>,
  environment: Environment,
  more: readonly string[],
): T & { credentials: Credentials } {
  const set = setOnes(environment);
  const parsed = schema.safeParse(set);
  const problems = parsed.success
    ? [...more]
    : [...parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`), ...more];
  if (
    (set['REDIS_UPGRADE_WEBHOOK_URL'] === undefined) !==
    (set['REDIS_UPGRADE_WEBHOOK_SECRET'] === undefined)
  ) {
    problems.push(
      'REDIS_UPGRADE_WEBHOOK_URL and REDIS_UPGRADE_WEBHOOK_SECRET go together: one of them is missing',
    );
  }
  const credentials = readCredentials(set['REDIS_UPGRADE_CREDENTIALS'], problems);
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return { ...parsed.data, credentials };
}

/** An empty variable is an unset one: that is what compose files and shells make of them. */
function setOnes(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
}

function readCredentials(path: string | undefined, problems: string[]): Credentials {
  if (path === undefined) return {};
  try {
    const parsed = credentialsSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    problems.push(
      `REDIS_UPGRADE_CREDENTIALS names a file that is not { "crs-…": { "password": "…" } } (at ${where || 'the top'})`,
    );
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    problems.push(`REDIS_UPGRADE_CREDENTIALS names a file that cannot be read as JSON${code}`);
  }
  return {};
}
