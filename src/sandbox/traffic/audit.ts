import { connect } from './connection.ts';
import type { Ledger } from './ledger.ts';
import type { TrafficEndpoint } from './protocol.ts';
import type { TrackedKey } from './tracked-key.ts';
import { findLost } from './verify.ts';

const keysPerPipeline = 300;

/**
 * Looks every acknowledged write up on the instance at `endpoint` and enters what is missing into the ledger. Nothing may
 * be written meanwhile. Resolves with the number of keys looked up; rejects when the instance cannot be read.
 */
export async function audit(ledger: Ledger, endpoint: TrafficEndpoint): Promise<number> {
  const redis = connect(endpoint, 'default');
  try {
    let batch: TrackedKey[] = [];
    let compared = 0;
    const flush = async () => {
      for (const [key, what] of await findLost(redis, batch)) ledger.lose(key, what);
      compared += batch.length;
      batch = [];
    };
    for (const key of ledger.keys()) {
      batch.push(key);
      if (batch.length >= keysPerPipeline) await flush();
    }
    if (batch.length > 0) await flush();
    return compared;
  } finally {
    redis.disconnect();
  }
}
