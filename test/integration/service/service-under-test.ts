import { randomUUID } from 'node:crypto';
import type { RedisConnection } from '../../../src/compare/wire/redis-connection.ts';
import { createJournal, type Journal } from '../../../src/engine/journal.ts';
import { createScratch } from '../../../src/engine/scratch.ts';
import { createStoreKeys } from '../../../src/engine/store-keys.ts';
import { createUpgradeService } from '../../../src/service/create-service.ts';
import type { Person, StartRequest, UpgradeService } from '../../../src/service/upgrade-service.ts';
import { createRunbook } from '../../../src/steps/runbook.ts';
import type { EventBody, JournalEvent } from '../../../src/upgrade/events.ts';
import { accept, type Outcome, refuse } from '../../../src/upgrade/refusal.ts';
import { FakeCloud } from '../../unit/steps/fake-cloud.ts';
import { depsOver } from '../../unit/steps/run-step.ts';
import { eventAt, journal as eventsOf, SOURCE, TARGET } from '../../unit/upgrade/samples.ts';
import type { TestStore } from '../engine/test-store.ts';

export const ALICE: Person = { kind: 'person', via: 'slack', id: 'UALICE' };
export const BOB: Person = { kind: 'person', via: 'slack', id: 'UBOB' };
export const CAROL: Person = { kind: 'person', via: 'slack', id: 'UCAROL' };
export const STRANGER: Person = { kind: 'person', via: 'slack', id: 'USTRANGER' };
export const REQUEST: StartRequest = {
  source: SOURCE.id,
  target: TARGET.id,
  switch: 'address',
  channel: 'C1',
};

export interface Inside {
  usedMemoryMb: number;
  keyspace: string;
  commandstats?: string;
  evictedKeys?: number;
  /** What connecting comes to instead. */
  throws?: Error;
}

/** The service over a cloud in memory, instances that answer INFO, and a journal in a real store. */
export interface ServiceUnderTest {
  service: UpgradeService;
  cloud: FakeCloud;
  journal: Journal;
  inside: Map<string, Inside>;
  credentials: Map<string, { password: string }>;
  clock: { nowMs: number };
  /** Who may approve; `unreadable`: the directory does not answer; empty: nobody is configured. */
  directory: { approvers: string[]; unreadable: boolean; onCheck: (person: Person) => Promise<void> };
  rung: string[];
  append(upgradeId: string, ...bodies: EventBody[]): Promise<void>;
  /** An upgrade that UALICE asked for, with this history. */
  plant(bodies: readonly EventBody[]): Promise<string>;
}

export function createUnderTest(store: TestStore): ServiceUnderTest {
  const keys = createStoreKeys(`${randomUUID()}:`);
  const journal = createJournal(store.redis, keys);
  const cloud = new FakeCloud();
  const inside = new Map<string, Inside>([
    [SOURCE.id, { usedMemoryMb: 300, keyspace: 'db0:keys=1000,expires=0' }],
    [TARGET.id, { usedMemoryMb: 1, keyspace: '' }],
  ]);
  const credentials = new Map<string, { password: string }>();
  const clock = { nowMs: 1_000 };
  const directory = {
    approvers: ['UALICE', 'UBOB', 'UCAROL'],
    unreadable: false,
    onCheck: async () => undefined,
  };
  const rung: string[] = [];
  const stepDeps = depsOver(cloud, {
    access: {
      credential: (id) => credentials.get(id),
      endpoint: (_id, { ip, port }) => ({ host: ip, port }),
      open: async () => {
        throw new Error('no comparison runs here');
      },
      use: async (instance, work) => work(connectionInto(inside.get(instance.id))),
    },
  });
  const under: ServiceUnderTest = {
    cloud,
    journal,
    inside,
    credentials,
    clock,
    directory,
    rung,
    service: createUpgradeService({
      cloud,
      journal,
      scratch: createScratch(store.redis, keys),
      steps: createRunbook(stepDeps),
      stepDeps,
      approvers: {
        check: (person) => check(under.directory, person),
        configured: () => under.directory.approvers,
      },
      clock: { now: () => clock.nowMs },
      newUpgradeId: () => `up-${randomUUID().slice(0, 8)}`,
      ring: async (upgradeId) => {
        rung.push(upgradeId);
      },
      onChange: () => undefined,
    }),
    async append(upgradeId, ...bodies) {
      for (const body of bodies) {
        const seq = await journal.length(upgradeId);
        const said = await journal.append(upgradeId, eventAt(seq, body, clock.nowMs), undefined);
        if (said !== 'appended') throw new Error(said);
      }
    },
    async plant(bodies) {
      const [first, ...more] = eventsOf(bodies);
      if (first?.type !== 'requested') throw new Error('begin with requested');
      const requested: Extract<JournalEvent, { type: 'requested' }> = first;
      await journal.create(requested);
      for (const event of more) await journal.append(requested.upgradeId, event, undefined);
      return requested.upgradeId;
    },
  };
  return under;
}

async function check(directory: ServiceUnderTest['directory'], person: Person): Promise<Outcome<true>> {
  await directory.onCheck(person);
  if (directory.approvers.length === 0) return refuse('no_approvers', 'No approvers are configured.');
  if (directory.unreadable) return refuse('directory_unreadable', 'The directory cannot be read.');
  return directory.approvers.includes(person.id)
    ? accept(true)
    : refuse('not_an_approver', 'You are no approver.');
}

function connectionInto(inside: Inside | undefined): RedisConnection {
  if (inside === undefined) throw new Error('nothing is known of this instance');
  if (inside.throws !== undefined) throw inside.throws;
  const general = [
    `used_memory:${Math.round(inside.usedMemoryMb * 1024 * 1024)}`,
    'instantaneous_ops_per_sec:100',
    `evicted_keys:${inside.evictedKeys ?? 0}`,
    'run_id:run-1',
    inside.keyspace,
  ].join('\r\n');
  return {
    command: async (...[, section]) =>
      Buffer.from(section === 'commandstats' ? (inside.commandstats ?? '') : general),
    pipeline: async () => [],
    close: () => undefined,
  };
}

/** The words of a refusal; fails when it was none. */
export function refusalOf(outcome: Outcome<unknown>): { code: string; message: string } {
  if (outcome.ok) throw new Error('it was accepted');
  return outcome.refusal;
}
