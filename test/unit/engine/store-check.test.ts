import { describe, expect, it } from 'vitest';
import { type CheckedStore, checkStore } from '../../../src/engine/store-check.ts';

/** A store that says of itself what it is told to; CONFIG is forbidden unless settings are given. */
function storeSaying(info: Record<string, string>, settings?: Record<string, string>): CheckedStore {
  const text = ['# Server', ...Object.entries(info).map(([field, value]) => `${field}:${value}`), ''].join(
    '\r\n',
  );
  return {
    info: async () => text,
    config: async (_get, name) => {
      if (settings === undefined) throw new Error("ERR unknown command 'CONFIG'");
      const value = settings[name];
      return value === undefined ? [] : [name, value];
    },
  };
}
const GOOD = { redis_version: '7.0.15', maxmemory_policy: 'noeviction', aof_enabled: '1' };

describe('the check of the store', () => {
  it.each([
    ['7.0.15', 0, 0],
    ['6.2.0', 0, 0],
    ['10.1.0', 0, 0],
    ['6.0.16', 0, 1],
    ['5.0.0', 0, 1],
    ['4.0.14', 1, 0],
    ['2.8.24', 1, 0],
    ['', 1, 0],
    ['unstable', 1, 0],
  ])('of version %s gives %i refusals', async (...[version, refusals, warnings]) => {
    const verdict = await checkStore(storeSaying({ ...GOOD, redis_version: version }));
    expect(verdict.refusals).toHaveLength(refusals);
    expect(verdict.warnings).toHaveLength(warnings);
  });

  it('asks CONFIG for the policy where INFO does not tell it', async () => {
    const { maxmemory_policy: _, ...info } = GOOD;
    expect((await checkStore(storeSaying(info, { 'maxmemory-policy': 'noeviction' }))).refusals).toEqual([]);
    const evicting = await checkStore(storeSaying(info, { 'maxmemory-policy': 'allkeys-lru' }));
    expect(evicting.refusals[0]).toContain('allkeys-lru');
  });

  it('refuses a store whose policy nobody tells', async () => {
    const { maxmemory_policy: _, ...info } = GOOD;
    expect((await checkStore(storeSaying(info))).refusals[0]).toContain('maxmemory-policy is not readable');
  });

  it('names everything that is wrong at once', async () => {
    const verdict = await checkStore(
      storeSaying(
        { redis_version: '4.0.1', maxmemory_policy: 'allkeys-lru', aof_enabled: '0' },
        { save: '' },
      ),
    );
    expect(verdict.refusals).toHaveLength(2);
    expect(verdict.warnings).toHaveLength(1);
  });
});
