import pino, { type DestinationStream } from 'pino';
import type { Logger } from '../engine/logger.ts';

/** Names of fields whose values never reach a log line, at the first three depths. */
const SECRET_FIELDS = [
  'password',
  'token',
  'botToken',
  'appToken',
  'securityToken',
  'secret',
  'secretKey',
  'secretId',
  'signingSecret',
  'authorization',
].flatMap((name) => [name, `${name[0]?.toUpperCase()}${name.slice(1)}`]);

/**
 * JSON lines on standard error. Known secrets are removed wherever they appear, also out of texts and error messages that
 * came from elsewhere.
 */
export function createLogger(options: {
  level: string;
  secrets: readonly string[];
  destination?: DestinationStream;
}): Logger {
  const clean = createCleaner(options.secrets);
  const sink = options.destination ?? pino.destination(2);
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '[secret]',
      },
    },
    { write: (line: string) => sink.write(clean(line)) },
  );
}

/** Takes known secrets out of a text, in whichever form they are in it. */
export function createCleaner(secrets: readonly string[]): (text: string) => string {
  const forms = formsOf(secrets.filter((secret) => secret.length >= MIN_SECRET_LENGTH));
  return (text) => forms.reduce((line, secret) => line.replaceAll(secret, '[secret]'), text);
}

/** As it is, as JSON writes it (once, and once more inside a text), and as a URL does; the longest first, as one may be part of another. */
function formsOf(secrets: readonly string[]): string[] {
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
  const forms = secrets.flatMap((secret) => [
    secret,
    inJson(secret),
    inJson(inJson(secret)),
    encodeURIComponent(secret),
  ]);
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

/** Shorter ones would cut holes into ordinary words. */
const MIN_SECRET_LENGTH = 4;
