import { parseEvent } from '../../src/upgrade/events.ts';
import { STEP_NAMES } from '../../src/upgrade/steps.ts';

/** The names that a history is counted by: every step there is, and every type of event. */
export const STEPS: readonly string[] = STEP_NAMES;
export const EVENT_TYPES: readonly string[] = knownTypes();

/** The product keeps its schema to itself; asked for an unknown type, it names those it knows. */
function knownTypes(): string[] {
  const envelope = { v: 1, seq: 0, atMs: 0, actor: { kind: 'worker', id: 'w' } };
  try {
    parseEvent(JSON.stringify({ ...envelope, type: 'no such type' }));
  } catch (error) {
    const named = /"options":\s*\[([^\]]*)\]/.exec(error instanceof Error ? error.message : '')?.[1] ?? '';
    const types = [...named.matchAll(/"([a-z_]+)"/g)].map((match) => match[1] ?? '');
    if (types.length > 0) return types;
  }
  throw new Error('The types of events could not be found out');
}
