import type { RedisEndpoint } from '../../compare/wire/redis-connection.ts';

export type SideName = 'source' | 'target';

/** One side as it was typed. */
export interface Address {
  readonly endpoint: RedisEndpoint;
  /** `host:port`, without user and password: how the side is named everywhere. */
  readonly label: string;
  readonly passwordTyped: boolean;
}

const DEFAULT_PORT = 6_379;
const MAX_PORT = 65_535;
const FORM = 'redis://[user][:password]@host:port';

/**
 * Reads the URL of one side; a text says what is wrong with it. The URL itself is never repeated: there may be a
 * password anywhere in it.
 */
export function readAddress(side: SideName, typed: string): Address | string {
  const name = side.toUpperCase();
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//iu.exec(typed)?.[1]?.toLowerCase();
  if (scheme === 'rediss')
    return `${name}: rediss:// (TLS) is not supported yet. Give a port without TLS, or put a tunnel such as stunnel in front of it.`;
  if (scheme === undefined) return `${name} is not a URL; it looks like ${FORM}.`;
  if (scheme !== 'redis') return `${name} begins with ${scheme}://; it looks like ${FORM}.`;
  const url = parseUrl(typed);
  const host = url?.hostname.replace(/^\[(.*)\]$/u, '$1') ?? '';
  const port = Number(url?.port === '' ? DEFAULT_PORT : url?.port);
  if (url === undefined || host === '' || port < 1 || port > MAX_PORT || url.search + url.hash !== '')
    return unreadable(name);
  if (url.pathname !== '' && url.pathname !== '/')
    return `${name} names one database; all databases are compared, so end it with the port.`;
  return withUser({ host, port }, url) ?? unreadable(name);
}

function unreadable(name: string): string {
  return `${name} cannot be read as ${FORM}. In a password # / ? @ : and % have to be percent-encoded (%23 %2F %3F %40 %3A %25); with --credentials FILE it is written as it is.`;
}

function parseUrl(typed: string): URL | undefined {
  try {
    return new URL(typed);
  } catch {
    return undefined;
  }
}

function withUser(at: { host: string; port: number }, url: URL): Address | undefined {
  try {
    const username = decodeURIComponent(url.username);
    const password = decodeURIComponent(url.password);
    const endpoint = {
      ...at,
      ...(username === '' ? {} : { username }),
      ...(password === '' ? {} : { password }),
    };
    return { endpoint, label: labelOf(at), passwordTyped: password !== '' };
  } catch {
    return undefined;
  }
}

/** `host:port`, an IPv6 address in brackets. */
function labelOf({ host, port }: { host: string; port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The URL as it may be shown: the word PASSWORD stands for the password. */
export function shownUrl({ endpoint, label, passwordTyped }: Address): string {
  const { username } = endpoint;
  const user = username === undefined || !passwordTyped ? '' : encodeURIComponent(username);
  return passwordTyped ? `redis://${user}:PASSWORD@${label}` : `redis://${label}`;
}
