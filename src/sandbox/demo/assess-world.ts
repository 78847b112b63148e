import { Redis } from 'ioredis';
import { compareBaseData } from '../world/compare-base-data.ts';
import type { World } from '../world/world.ts';
import { stepTimes } from './journal-tail.ts';
import type { DemoResult } from './result.ts';
import type { FinishedRun } from './run-upgrade.ts';

/**
 * Ends the traffic and looks everything up on the instance that holds the address: each acknowledged write and each key
 * that was there before. Independent of whatever the bot says about itself.
 */
export async function assessWorld(world: World, run: FinishedRun & { totalMs: number }): Promise<DemoResult> {
  const figures = await world.traffic.stop();
  const holder = world.holder();
  const found = holder === undefined ? undefined : await lookUp(world, holder);
  const given = run.lines.findLast(({ type }) => type === 'approval_given');
  const requested = run.lines.findLast(({ type }) => type === 'approval_requested');
  const evidence = requested?.evidence;
  return {
    outcome: run.outcome,
    upgradeId: run.upgradeId,
    source: world.source.id,
    target: world.target.id,
    keysCompared: found?.keysCompared ?? 0,
    differences: found?.differences ?? 0,
    traffic: {
      acknowledgedWrites: figures.acknowledgedWrites,
      refusedWrites: figures.refusedWrites,
      unknownWrites: figures.unknownWrites,
      // With nobody at the address, nothing that was acknowledged can be found.
      lostWrites: found?.lostWrites ?? figures.acknowledgedWrites,
      writeGapMs: round(figures.writeGap.ms),
      readGapMs: round(figures.readGap.ms),
      writesPerSecond: Math.round(figures.writesPerSecond),
    },
    steps: stepTimes(run.lines),
    approvedBy: given?.actor?.id,
    addressHeldBy: holder?.id,
    verification: evidence && { keysCompared: evidence.keysCompared, differences: evidence.differences },
    examples: found?.examples ?? [],
    totalMs: Math.round(run.totalMs),
  };
}

async function lookUp(world: World, holder: NonNullable<ReturnType<World['holder']>>) {
  const endpoint = await world.innerEndpoint(holder);
  const audit = await world.traffic.audit(endpoint);
  const redis = new Redis(endpoint);
  try {
    const base = await compareBaseData(redis, { ...world.baseData, now: Date.now });
    return {
      keysCompared: audit.keysCompared + base.keysCompared,
      differences: audit.lostWrites + base.differences,
      lostWrites: audit.lostWrites,
      examples: [...audit.lostExamples, ...base.examples],
    };
  } finally {
    redis.disconnect();
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
