import { describe, expect, it } from 'vitest';
import { checkStore } from '../../../src/engine/store-check.ts';
import { startStore } from './test-store.ts';

async function verdictOf(settings: Record<string, string>) {
  const store = await startStore(settings);
  try {
    return await checkStore(store.connect({ enableReadyCheck: false }));
  } finally {
    await store.stop();
  }
}

describe('the check of the store, against real servers', () => {
  it('finds nothing wrong with one that evicts nothing and appends to a file', async () => {
    expect(await verdictOf({ appendonly: 'yes' })).toEqual({ refusals: [], warnings: [] });
  });

  it('takes snapshots for persistence too', async () => {
    expect(await verdictOf({ save: '3600 1' })).toEqual({ refusals: [], warnings: [] });
  });

  it.each(['allkeys-lru', 'volatile-ttl', 'allkeys-random'])(
    'refuses %s and names the cure',
    async (policy) => {
      const { refusals } = await verdictOf({ appendonly: 'yes', 'maxmemory-policy': policy });
      expect(refusals).toHaveLength(1);
      expect(refusals[0]).toContain(`maxmemory-policy is ${policy}`);
      expect(refusals[0]).toContain('CONFIG SET maxmemory-policy noeviction');
    },
  );

  it('warns loudly of one that forgets everything when it restarts', async () => {
    const { refusals, warnings } = await verdictOf({});
    expect(refusals).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('NO PERSISTENCE');
    expect(warnings[0]).toContain('CONFIG SET appendonly yes');
  });

  it('reads the policy from INFO where CONFIG is forbidden, as on managed stores', async () => {
    const forbidden = { 'rename-command': 'CONFIG ""' };
    const good = await verdictOf(forbidden);
    expect(good.refusals).toEqual([]);
    expect(good.warnings[0]).toContain('cannot be read whether the store keeps its data');
    const bad = await verdictOf({ ...forbidden, 'maxmemory-policy': 'allkeys-lfu' });
    expect(bad.refusals[0]).toContain('maxmemory-policy is allkeys-lfu');
  });

  it('refuses what it cannot read', async () => {
    const { refusals } = await verdictOf({ appendonly: 'yes', 'rename-command': 'INFO ""' });
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toMatch(/cannot be checked: INFO says "ERR unknown command/);
  });
});
