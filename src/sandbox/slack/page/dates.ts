// Slack's date tokens and the times beside messages.

function formatter(options: Intl.DateTimeFormatOptions): (date: Date) => string {
  const format = new Intl.DateTimeFormat('en', options);
  return (date) => format.format(date);
}

const time = formatter({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const timeSeconds = formatter({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const dateShort = formatter({ month: 'short', day: 'numeric', year: 'numeric' });
const dateLong = formatter({ weekday: 'long', month: 'long', day: 'numeric', year: 'numeric' });
const dateUsual = formatter({ month: 'long', day: 'numeric', year: 'numeric' });
const dayKey = formatter({ year: 'numeric', month: '2-digit', day: '2-digit' });

const dayMs = 86_400_000;

function pretty(date: Date, now: Date, usual: (date: Date) => string): string {
  if (dayKey(date) === dayKey(now)) return 'today';
  if (dayKey(date) === dayKey(new Date(now.getTime() - dayMs))) return 'yesterday';
  if (dayKey(date) === dayKey(new Date(now.getTime() + dayMs))) return 'tomorrow';
  return usual(date);
}

function ago(date: Date, now: Date): string {
  const seconds = Math.round((date.getTime() - now.getTime()) / 1_000);
  const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  if (Math.abs(seconds) < 60) return relative.format(seconds, 'second');
  if (Math.abs(seconds) < 3_600) return relative.format(Math.round(seconds / 60), 'minute');
  if (Math.abs(seconds) < 86_400) return relative.format(Math.round(seconds / 3_600), 'hour');
  return relative.format(Math.round(seconds / 86_400), 'day');
}

type Form = (date: Date, now: Date) => string;

const forms: Readonly<Record<string, Form>> = {
  date_num: (date) => date.toISOString().slice(0, 10),
  date: (date) => dateUsual(date),
  date_short: (date) => dateShort(date),
  date_long: (date) => dateLong(date),
  date_pretty: (date, now) => pretty(date, now, dateUsual),
  date_short_pretty: (date, now) => pretty(date, now, dateShort),
  date_long_pretty: (date, now) => pretty(date, now, dateLong),
  time: (date) => time(date),
  time_secs: (date) => timeSeconds(date),
  ago,
};

/** A date by Slack's format, e.g. `{date_short_pretty} at {time}`; the fallback when it is no date. */
export function formatDate(input: { seconds: number; format: string; fallback: string }, now: Date): string {
  const date = new Date(input.seconds * 1_000);
  if (Number.isNaN(date.getTime())) return input.fallback;
  return input.format.replaceAll(/\{(\w+)\}/gu, (whole, name: string) => forms[name]?.(date, now) ?? whole);
}

function dateOf(ts: string): Date {
  return new Date(Number(ts) * 1_000);
}

export function clockTime(ts: string): string {
  return time(dateOf(ts));
}

export function fullTime(ts: string): string {
  return `${dateLong(dateOf(ts))}, ${timeSeconds(dateOf(ts))}`;
}

export function dayLabel(ts: string, now: Date): string {
  const label = pretty(dateOf(ts), now, dateLong);
  return label.charAt(0).toUpperCase() + label.slice(1);
}
