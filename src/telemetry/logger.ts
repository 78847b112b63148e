import pino, { type DestinationStream } from 'pino';
import type { Logger } from '../engine/logger.ts';

/** Names of fields whose values never reach a log line, at any of the depths that are logged. */
const SECRET_FIELDS = [
  'password',
  'token',
  'secret',
  'secretKey',
  'secretId',
  'authorization',
  'signingSecret',
  'Password',
];

/**
 * JSON lines on standard error. Known secrets are removed wherever they appear, also out of texts and error messages that
 * came from elsewhere.
 */
export function createLogger(options: {
  level: string;
  secrets: readonly string[];
  destination?: DestinationStream;
}): Logger {
  const secrets = options.secrets.filter((secret) => secret.length >= MIN_SECRET_LENGTH);
  const clean = (text: string) => secrets.reduce((line, secret) => line.replaceAll(secret, '[secret]'), text);
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

/** Shorter ones would cut holes into ordinary words. */
const MIN_SECRET_LENGTH = 4;
