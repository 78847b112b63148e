import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { Address, SideName } from './address.ts';

/** As `REDIS_UPGRADE_CREDENTIALS`, by `source` and `target`, by `host:port` or by host. */
const credentialsSchema = z.record(
  z.string(),
  z.strictObject({ password: z.string().min(1), username: z.string().min(1).optional() }),
);

type Addresses = Readonly<Record<SideName, Address>>;

/** Both sides with the passwords of the file, or what is wrong; contents of the file are never repeated. */
export type Credited =
  | { readonly ok: true; readonly addresses: Addresses; readonly warning: string | undefined }
  | { readonly ok: false; readonly problem: string };

const READABLE_BY_OTHERS = 0o077;

/** Reads a file of passwords. A password in a URL wins over the file's. */
export async function readCredentials(path: string, addresses: Addresses): Promise<Credited> {
  let text: string;
  let mode: number;
  try {
    [text, { mode }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return { ok: false, problem: `--credentials ${path} cannot be read${code}.` };
  }
  const parsed = credentialsSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const form = '{ "source": { "password": "…" }, "target": { "password": "…", "username": "…" } }';
    return { ok: false, problem: `--credentials ${path} is not JSON of the form ${form}.` };
  }
  const entries = { source: entryOf('source'), target: entryOf('target') };
  function entryOf(side: SideName) {
    const { label, endpoint } = addresses[side];
    return parsed.data?.[side] ?? parsed.data?.[label] ?? parsed.data?.[endpoint.host];
  }
  if (entries.source === undefined && entries.target === undefined) {
    const looked = `"source", "target", "${addresses.source.label}" and "${addresses.target.label}"`;
    return {
      ok: false,
      problem: `--credentials ${path} says nothing about either side; looked for ${looked}.`,
    };
  }
  return {
    ok: true,
    addresses: {
      source: credited(addresses.source, entries.source),
      target: credited(addresses.target, entries.target),
    },
    warning:
      (mode & READABLE_BY_OTHERS) === 0
        ? undefined
        : `${path} can be read by other users of this machine: chmod 600 ${path}`,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function credited(
  address: Address,
  entry: { password: string; username?: string | undefined } | undefined,
): Address {
  if (entry === undefined || address.passwordTyped) return address;
  const username = address.endpoint.username ?? entry.username;
  const { host, port } = address.endpoint;
  return {
    ...address,
    endpoint: { host, port, password: entry.password, ...(username === undefined ? {} : { username }) },
  };
}
