/** Where this room writes its log lines: fields first, one sentence after. Fields never hold a payload or a token. */
export interface SlackLogger {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}
