import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../../src/sandbox/cloud/api/api-error.ts';
import {
  allowedOperations,
  type JobStatus,
  legacyStatus,
  requireAllowed,
} from '../../../../src/sandbox/cloud/dts/job-states.ts';

const job = (status: JobStatus, tradeStatus: 'normal' | 'isolated' = 'normal') => ({
  id: 'dts-a',
  status,
  tradeStatus,
});

describe('what a sync job allows', () => {
  it.each<[JobStatus, string]>([
    ['created', 'view configure check isolate'],
    ['checking', 'view'],
    ['checkPass', 'view start configure check isolate'],
    ['checkNotPass', 'view configure check skip isolate'],
    ['readyRun', 'view stop'],
    ['running', 'view stop'],
    ['readyComplete', 'view complete stop'],
    ['completing', 'view'],
    ['success', 'view isolate'],
    ['stopping', 'view'],
    ['canceled', 'view isolate'],
    ['failed', 'view resume isolate'],
  ])('while %s: %s', (status, operations) => {
    expect(allowedOperations(job(status)).join(' ')).toBe(operations);
  });

  it('is next to nothing once it is isolated', () => {
    expect(allowedOperations(job('success', 'isolated'))).toEqual(['view', 'recover', 'offline']);
  });

  it('is told with the code for a conflict of states', () => {
    expect(() => requireAllowed(job('running'), 'complete')).toThrow(ApiError);
    expect(() => requireAllowed(job('running'), 'complete')).toThrow(
      /`complete` is not allowed while .* is running/,
    );
    expect(() => requireAllowed(job('readyComplete'), 'complete')).not.toThrow();
  });

  it('has a number in the older API, 23 for what that does not know', () => {
    expect(legacyStatus('readyComplete')).toBe(8);
    expect(legacyStatus('canceled')).toBe(23);
  });
});
