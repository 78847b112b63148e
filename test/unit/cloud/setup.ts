import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { CloudCall } from '../../../src/cloud/calls.ts';
import { CloudError } from '../../../src/cloud/cloud-error.ts';
import type { CloudClock } from '../../../src/cloud/cloud-limits.ts';
import { createTencentCloud, type TencentCloudOptions } from '../../../src/cloud/tencent-cloud.ts';
import { type FakeTencent, startFakeTencent } from './fake-tencent.ts';

/** A clock on which a pause takes no time at all but is written down. */
export interface JumpClock extends CloudClock {
  pauses: number[];
  advance(ms: number): void;
}

/** 2026-11-22 09:30:00 in Beijing. */
export const NOW_MS = Date.parse('2026-11-22T01:30:00Z');

function createJumpClock(startMs = NOW_MS): JumpClock {
  let nowMs = startMs;
  const pauses: number[] = [];
  return {
    pauses,
    now: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      pauses.push(ms);
      nowMs += ms;
    },
  };
}

export interface World {
  tencent: FakeTencent;
  clock: JumpClock;
  calls: CloudCall[];
  /** The real adapter with the real SDK against the fake server. */
  cloud(options?: Partial<TencentCloudOptions>): ReturnType<typeof createTencentCloud>;
}

/** One server for a test file; every test begins with none of its answers and must end without a complaint. */
export function useWorld(): World {
  const open: { close(): void }[] = [];
  let server: FakeTencent | undefined;
  let clock = createJumpClock();
  const calls: CloudCall[] = [];
  const tencent = (): FakeTencent => {
    if (server === undefined) {
      throw new Error('the server is not up yet');
    }
    return server;
  };

  beforeAll(async () => {
    server = await startFakeTencent();
  });
  afterEach(() => {
    for (const one of open.splice(0)) {
      one.close();
    }
    const complaints = [...tencent().complaints];
    tencent().reset();
    clock = createJumpClock();
    calls.length = 0;
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await tencent().close();
  });

  return {
    get tencent() {
      return tencent();
    },
    get clock() {
      return clock;
    },
    calls,
    cloud(options = {}) {
      const cloud = createTencentCloud({
        secretId: 'AKIDtest',
        secretKey: 'the-secret-key',
        regions: ['ap-guangzhou'],
        endpoint: tencent().endpoint,
        clock,
        random: () => 0,
        observe: (call) => calls.push(call),
        ...options,
      });
      open.push(cloud);
      return cloud;
    },
  };
}

/** The CloudError that this rejects with; fails when it resolves or rejects with anything else. */
export async function rejection(promise: Promise<unknown>): Promise<CloudError> {
  const outcome = await promise.then(
    () => 'resolved',
    (error: unknown) => error,
  );
  if (!(outcome instanceof CloudError)) {
    throw new Error(`expected a CloudError, got ${String(outcome)}`);
  }
  return outcome;
}

export const REGION = 'ap-guangzhou';
export const SOURCE = { id: 'crs-source01', region: REGION };
export const TARGET = { id: 'crs-target01', region: REGION };
