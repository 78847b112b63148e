import { describe, expect, it } from 'vitest';
import { Faults } from '../../../../src/sandbox/cloud/faults.ts';

const everything = { action: 'DescribeInstances', instanceIds: ['crs-a'], jobId: 'dts-a' };

describe('faults', () => {
  it('strike in the order they were added, and are gone when used up', () => {
    const faults = new Faults({ now: () => 0 });
    faults.add({ times: 2, fault: { kind: 'error', code: 'First' } });
    faults.add({ times: 1, fault: { kind: 'error', code: 'Second' } });
    const codes = [1, 2, 3, 4].map(() => faults.take(['error'], everything)?.code);
    expect(codes).toEqual(['First', 'First', 'Second', undefined]);
  });

  it('strike until cleared when no number of times is given', () => {
    const faults = new Faults({ now: () => 0 });
    const id = faults.add({ fault: { kind: 'not-json' } });
    for (let i = 0; i < 50; i++) expect(faults.take(['not-json'], everything)).toBeDefined();
    faults.clear(id);
    expect(faults.take(['not-json'], everything)).toBeUndefined();
  });

  it.each([
    [{ action: 'StartMigrateJob' }],
    [{ instanceId: 'crs-b' }],
    [{ jobId: 'dts-b' }],
    [{ action: 'DescribeInstances', instanceId: 'crs-b' }],
  ])('spare what %j does not name, and keep their strikes for it', (place) => {
    const faults = new Faults({ now: () => 0 });
    faults.add({ ...place, times: 1, fault: { kind: 'cut-before' } });
    expect(faults.take(['cut-before'], everything)).toBeUndefined();
    expect(faults.list()).toHaveLength(1);
  });

  it('spare what a condition on them excludes', () => {
    const faults = new Faults({ now: () => 0 });
    faults.add({ fault: { kind: 'fail-sync-job', phase: 'full', errorLog: 'x' } });
    expect(
      faults.take(['fail-sync-job'], everything, ({ phase }) => phase === 'incremental'),
    ).toBeUndefined();
    expect(faults.take(['fail-sync-job'], everything, ({ phase }) => phase === 'full')?.errorLog).toBe('x');
  });

  it('stop throttling when their time is over', () => {
    const time = { now: 1_000 };
    const faults = new Faults({ now: () => time.now });
    faults.add({ fault: { kind: 'throttle', forMs: 500 } });
    time.now = 1_499;
    expect(faults.take(['throttle'], everything)).toBeDefined();
    time.now = 1_500;
    expect(faults.take(['throttle'], everything)).toBeUndefined();
  });
});
