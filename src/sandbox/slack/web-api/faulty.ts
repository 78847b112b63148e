import { setTimeout as delay } from 'node:timers/promises';
import { type ApiAnswer, rateLimited } from './endpoint.ts';
import type { FaultKind, Faults } from './faults.ts';

/** Carries out a call under a fault. Undefined means: cut the connection without an answer. */
export async function underFault(
  fault: FaultKind | undefined,
  faults: Faults,
  run: () => ApiAnswer,
): Promise<ApiAnswer | undefined> {
  switch (fault?.kind) {
    case undefined:
      return run();
    case 'rate_limited':
      return rateLimited(fault.retryAfterSeconds);
    case 'http':
      return { status: fault.status, body: { ok: false, error: 'internal_error' } };
    case 'error':
      return { status: 200, body: { ok: false, error: fault.error } };
    case 'hang':
      await faults.cleared();
      return undefined;
    case 'drop':
      return undefined;
    case 'drop_after':
      run();
      return undefined;
    case 'slow':
      await delay(fault.ms);
      return run();
  }
}
