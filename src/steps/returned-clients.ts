import { z } from 'zod';
import type { PrivateAddress } from '../upgrade/instance.ts';
import { OperatingError } from '../upgrade/operating-error.ts';
import type { StepContext } from '../upgrade/step-definition.ts';
import type { BeforeCutover } from './before-cutover.ts';
import { ordinaryConnections, type Unknown } from './connections.ts';
import type { StepDeps } from './step-deps.ts';

/** Which clients of before the cutover came to the target, by address without the port. */
export interface ReturnedClients {
  /** How many there were, those that were only counted left out. */
  known: number;
  missing: string[];
  /** Were there before and only counted: not looked for. */
  more: number;
}

/** Volatile: who is connected is seen again at the next look. */
const SEEN = 'clients-seen-on-target';
const seenSchema = z.array(z.string());

/** Looks once more who is on the target. Unknown when one of the two instances does not list its connections. */
export async function lookForClients(
  deps: StepDeps,
  context: StepContext,
  options: { target: { id: string; address: PrivateAddress }; before: BeforeCutover },
): Promise<ReturnedClients | Unknown> {
  const { clients } = options.before;
  if (clients === 'unknown') return 'unknown';
  const here = await addressesOn(deps, options.target);
  const stored = await context.scratch.read(SEEN);
  const earlier = stored === undefined ? [] : seenSchema.parse(JSON.parse(stored));
  // Nobody could be seen at any look so far.
  if (here === 'unknown' && stored === undefined) return 'unknown';
  const seen = new Set([...earlier, ...(here === 'unknown' ? [] : here)]);
  const back = clients.ips.filter((ip) => seen.has(ip));
  if (stored === undefined || back.length !== earlier.length)
    await context.scratch.write(SEEN, JSON.stringify(back));
  return {
    known: clients.ips.length,
    missing: clients.ips.filter((ip) => !seen.has(ip)),
    more: clients.more,
  };
}

async function addressesOn(
  deps: StepDeps,
  target: { id: string; address: PrivateAddress },
): Promise<string[] | Unknown> {
  try {
    const found = await deps.access.use(target, ordinaryConnections);
    return found === 'unknown' ? 'unknown' : found.map(({ ip }) => ip);
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error;
    return 'unknown';
  }
}
