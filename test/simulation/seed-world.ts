import { DEFAULT_STEP_SETTINGS, type StepSettings } from '../../src/steps/settings.ts';
import type { SimulatedCloud } from './cloud/simulated-cloud.ts';
import { createInstance } from './cloud/simulated-instance.ts';
import type { Random } from './time/random.ts';

export const OLD_ADDRESS = { ip: '10.0.0.5', port: 6379 };
/** Both sides know the same word, as clients need it; it must be seen nowhere. */
export const SECRET = 'hunter2-never-to-be-seen';
export const SOURCE = 'crs-source';
export const TARGET = 'crs-target';
const LONG_MS = 3_600_000;

/** Two instances; the target may already stand where the source does, or has to be brought there. */
export function plantInstances(cloud: SimulatedCloud, random: Random, now: () => number): void {
  const inside = { password: SECRET, now };
  const near = random.chance(0.4);
  cloud.add(
    createInstance(
      {
        id: SOURCE,
        version: random.chance(0.7) ? '2.8' : '4.0',
        edition: 'standard',
        subnetId: 'subnet-source',
        address: OLD_ADDRESS,
        memoryMb: 1_024,
        groups: ['sg-1'],
      },
      inside,
    ),
  );
  cloud.add(
    createInstance(
      {
        id: TARGET,
        version: '4.0',
        edition: 'cluster',
        subnetId: near ? 'subnet-source' : 'subnet-target',
        address: near ? { ip: '10.0.0.8', port: 6379 } : { ip: '10.0.1.8', port: random.pick([6379, 6380]) },
        memoryMb: 2_048,
        groups: random.pick([['sg-1'], ['sg-9']]),
      },
      inside,
    ),
  );
}

/** A small data set of every type, some of it with an expiry. */
export function plantData(cloud: SimulatedCloud, random: Random): void {
  const { server } = cloud.get(SOURCE);
  const run = (...command: string[]) => server.execute(0, command);
  const count = random.whole(3, 12);
  for (let index = 1; index <= count; index += 1) {
    run('SET', `static:${index}`, `value ${index}`);
    if (random.chance(0.3)) run('PEXPIRE', `static:${index}`, String(random.chance(0.5) ? LONG_MS : 40_000));
  }
  for (let index = 1; index <= 3; index += 1) run('SET', `shared:${index}`, 'v0');
  run('HSET', 'hash:static', 'field', 'text');
  run('RPUSH', 'list', 'a', 'b', 'c', 'a');
  run('SADD', 'set', 'x', 'y', 'z');
  run('ZADD', 'zset', '1', 'one', '2.5', 'two and a half');
}

/** The product's limits, shortened so that a run is over soon, and drawn so that each of them matters in some run. */
export function drawSettings(random: Random): StepSettings {
  return {
    ...DEFAULT_STEP_SETTINGS,
    pollFirstMs: random.pick([100, 500, 1_000]),
    pollLastMs: random.pick([2_000, 5_000]),
    taskDeadlineMs: 3 * 60_000,
    handOverDeadlineMs: random.pick([20_000, 60_000]),
    patienceMs: random.pick([30_000, 90_000]),
    undoPatienceMs: 3 * 60_000,
    verifyRoundMs: random.pick([200, 1_500]),
    verificationMaxAgeMs: random.pick([20_000, 10 * 60_000]),
    approvalTtlMs: random.pick([60_000, 5 * 60_000]),
    soakMs: random.pick([5_000, 40_000]),
    soakPollMs: 5_000,
    cutoverBudgetMs: random.pick([8_000, 30_000, 120_000]),
    rollbackBudgetMs: random.pick([4_000, 20_000, 120_000]),
  };
}
