import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { repairCheckpointSchema } from '../../compare/repair/repair-checkpoint.ts';
import { checkpointSchema } from '../../compare/sweep/checkpoint.ts';
import type { Address, SideName } from './address.ts';

const count = z.int().min(0);

/** What decides which differences are found; a comparison goes on only with the same. */
const settingsSchema = z.strictObject({
  sampleShare: z.number().optional(),
  rounds: count.optional(),
  ttlToleranceMs: count.optional(),
});
export type StateSettings = z.infer<typeof settingsSchema>;

/** How far a comparison, and the repair after it, has come. Names of keys are in it; no values, no users, no passwords. */
const stateSchema = z.strictObject({
  what: z.literal('redis-upgrade compare'),
  version: z.literal(1),
  source: z.string(),
  target: z.string(),
  begunAtMs: count,
  savedAtMs: count,
  settings: settingsSchema,
  /** The report and how many of its bytes belong to the checkpoint. */
  report: z.strictObject({ path: z.string(), bytes: count }).optional(),
  comparison: checkpointSchema.optional(),
  repair: repairCheckpointSchema.optional(),
});
export type CompareState = z.infer<typeof stateSchema>;

/** A state that cannot be used, in words for a person. */
export class StateError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StateError';
  }
}

/** Key names are nobody else's business. */
const OWNER_ONLY = 0o600;

/** In the current folder, named after both sides. */
export function defaultStatePath(addresses: Readonly<Record<SideName, Address>>): string {
  const part = ({ label }: Address) => label.replaceAll(/[^\w.-]+/gu, '_');
  return `redis-upgrade-compare-${part(addresses.source)}-${part(addresses.target)}.state.json`;
}

/** Reads a state; undefined when there is none. Throws `StateError` on anything that is not one. */
export async function readState(path: string): Promise<CompareState | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new StateError(`The state ${path} cannot be read (${codeOf(error)}).`, { cause: error });
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    const cure = 'Remove it to begin again, or name another file with --state.';
    throw new StateError(`${path} is not the state of a comparison, or of another version. ${cure}`, {
      cause: error,
    });
  }
}

/** Writes the state so that whoever reads the file, whenever this process dies, finds the old one or the new one, whole. */
export async function writeState(path: string, state: CompareState): Promise<void> {
  const temporary = `${path}.tmp`;
  await mkdir(dirname(resolve(path)), { recursive: true });
  // Left over from a process that was killed; its mode may be another.
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', OWNER_ONLY);
  try {
    await file.writeFile(JSON.stringify(state));
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** A comparison that came to its end is not gone on with. */
export async function removeState(path: string): Promise<void> {
  await Promise.all([rm(path, { force: true }), rm(`${path}.tmp`, { force: true })]);
}

/** `ENOENT` and its like; the message where there is none. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code);
  return error instanceof Error ? error.message : String(error);
}
