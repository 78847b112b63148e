import type { Cloud, SyncJob } from '../../../src/cloud/cloud.ts';
import type { Faults } from '../faults.ts';
import type { History } from '../history.ts';
import type { Course, SimulatedProcess } from '../process.ts';
import type { Random } from '../time/random.ts';
import { asCloudError, noAnswer, Refusal } from './refusal.ts';
import type { SimulatedCloud } from './simulated-cloud.ts';
import { describe, ZONE } from './simulated-instance.ts';

export interface PortParts {
  process: SimulatedProcess;
  cloud: SimulatedCloud;
  faults: Faults;
  random: Random;
  history: History;
  now: () => number;
  nextCall: () => number;
}

/** After so long a call is not waited for any more; a read is repeated inside the adapter for the second time. */
const ATTEMPT_MS = 10_000;
const READ_MS = 30_000;
/** A call nobody waits for any more may still take effect this long after it was made. */
const LATEST_EFFECT_MS = 12_000;
/** A shared page of sync jobs is at most so old. */
const JOB_PAGE_MS = 1_000;
const CIDR = { 'subnet-source': '10.0.0.0/24', 'subnet-target': '10.0.1.0/24' } as const;

/** The cloud as one process reaches it: the product's port, with everything that can go wrong on the way. */
export function createCloudPort(parts: PortParts): Cloud {
  const { cloud } = parts;
  const read = <T>(action: string, effect: () => T) => reading(parts, action, effect);
  const change = <T>(action: string, args: readonly unknown[], effect: () => T) =>
    changing(parts, { action, args }, effect);
  const pages = new Map<string, { atMs: number; job: SyncJob }>();
  return {
    findInstance: (id) =>
      read('findInstance', () => (cloud.instances.has(id) ? describe(cloud.get(id)) : undefined)),
    readInstance: ({ id }) => read('readInstance', () => describe(cloud.get(id))),
    listInstances: () => read('listInstances', () => [...cloud.instances.values()].map(describe)),

    securityGroups: ({ id }) => read('securityGroups', () => [...cloud.get(id).groups]),
    attachSecurityGroup: ({ id }, group) =>
      change('attachSecurityGroup', [id, group], () => {
        const { groups } = cloud.get(id);
        if (!groups.includes(group)) groups.push(group);
      }),
    detachSecurityGroup: ({ id }, group) =>
      change('detachSecurityGroup', [id, group], () => {
        const instance = cloud.get(id);
        instance.groups = instance.groups.filter((each) => each !== group);
      }),

    moveToSubnet: ({ id }, to) =>
      change('moveToSubnet', [id, to.subnetId, to.ip ?? ''], () => cloud.moveToSubnet(id, to)),
    changeAddress: ({ id }, to) =>
      change('changeAddress', [id, to.ip, to.port], () => cloud.changeAddress(id, to)),
    changePort: ({ id }, port) => change('changePort', [id, port], () => cloud.changePort(id, port)),
    setReadOnly: ({ id }, readOnly) =>
      change('setReadOnly', [id, readOnly], () => cloud.setReadOnly(id, readOnly)),
    readTask: (task) =>
      read('readTask', () => {
        if (task.id !== 0) return cloud.readTask(task.id);
        const { task: running } = cloud.get(task.instanceId ?? '');
        return { status: running === undefined ? 'succeeded' : 'running' };
      }),

    startBackup: ({ id }, remark) => change('startBackup', [id], () => cloud.startBackup(id, remark)),
    listBackups: () => read('listBackups', () => cloud.backups.map((backup) => ({ ...backup }))),

    addressUser: (_place, ip) =>
      read('addressUser', () => {
        const resourceId = cloud.userOf(ip);
        return resourceId === undefined ? undefined : { resourceType: 'Redis', resourceId };
      }),
    readSubnet: (place) =>
      read('readSubnet', () => ({
        ...place,
        zone: String(ZONE),
        cidr: place.subnetId === 'subnet-source' ? CIDR['subnet-source'] : CIDR['subnet-target'],
        availableIpCount: 200,
      })),

    readSyncLag: ({ id }) => read('readSyncLag', () => cloud.jobs.lagOf(id)),
    // The monitor has no points here: what decides is counted on the instances themselves.
    readMetrics: () => read('readMetrics', () => ({})),

    findSyncJobs: (_region, upgradeId) => read('findSyncJobs', () => cloud.jobs.tagged(upgradeId)),
    createSyncJob: (_region, { upgradeId }) =>
      change('createSyncJob', [upgradeId], () => cloud.jobs.buy(upgradeId)),
    configureSyncJob: ({ id }, { source, target }) =>
      change('configureSyncJob', [id, source.id, target.id], () =>
        cloud.jobs.configure(id, { source: source.id, target: target.id }),
      ),
    startSyncJobCheck: ({ id }) => change('startSyncJobCheck', [id], () => cloud.jobs.startCheck(id)),
    readSyncJobCheck: ({ id }) => read('readSyncJobCheck', () => cloud.jobs.readCheck(id)),
    startSyncJob: ({ id }) => change('startSyncJob', [id], () => cloud.jobs.start(id)),
    readSyncJob: async ({ id }, options) => {
      const page = pages.get(id);
      if (options?.fresh !== true && page !== undefined && parts.now() - page.atMs < JOB_PAGE_MS)
        return page.job;
      const job = await read('readSyncJob', () => cloud.jobs.read(id));
      pages.set(id, { atMs: parts.now(), job });
      return job;
    },
    setSyncTargetReadOnly: ({ id }, readOnly) =>
      change('setSyncTargetReadOnly', [id, readOnly], () => cloud.jobs.setTargetReadOnly(id, readOnly)),
    completeSyncJob: ({ id }) => change('completeSyncJob', [id], () => cloud.jobs.complete(id)),
    stopSyncJob: ({ id }) => change('stopSyncJob', [id], () => cloud.jobs.stop(id)),
    isolateSyncJob: ({ id }) => change('isolateSyncJob', [id], () => cloud.jobs.isolate(id)),
  };
}

function courseOf({ faults, random }: PortParts, place: string): Course {
  const slowMs = faults.strikes('cloud-slow', place) ? 3_000 * random.next() : 0;
  const course: Course = { sendMs: 10 + random.next() * 60 + slowMs, answerMs: 5 + random.next() * 30 };
  if (faults.strikes('crash-before-call', place)) course.crash = 'before';
  else if (faults.strikes('crash-after-call', place)) course.crash = 'after';
  else if (faults.strikes('freeze', place)) course.freezeMs = 1_000 + random.next() * 40_000;
  return course;
}

/** Reads are repeated inside the adapter, so one fails only after a long time. */
async function reading<T>(parts: PortParts, action: string, effect: () => T): Promise<T> {
  const course = courseOf(parts, `cloud.${action}`);
  if (parts.faults.strikes('cloud-read-fails', action)) {
    course.answerMs = READ_MS;
    course.before = noAnswer(action, 'no answer before the deadline');
  }
  return translated(action, () => parts.process.perform(course, effect));
}

async function changing<T>(
  parts: PortParts,
  what: { action: string; args: readonly unknown[] },
  effect: () => T,
): Promise<T> {
  const { process, faults, random, history } = parts;
  const { action, args } = what;
  const course = courseOf(parts, `cloud.${action}`);
  if (faults.strikes('cloud-throttled', action)) {
    course.before = asCloudError(action, new Refusal('RequestLimitExceeded', 'too many requests'));
  } else if (faults.strikes('cloud-error-before', action)) {
    course.before = asCloudError(action, new Refusal('InternalError.UnknownError', 'internal error'));
  } else if (faults.strikes('cloud-error-after', action)) {
    course.after = asCloudError(action, new Refusal('FailedOperation.SystemError', 'internal error'));
  } else if (faults.strikes('cloud-late', action)) {
    course.sendMs = random.next() * LATEST_EFFECT_MS;
  }
  course.giveUp = { afterMs: ATTEMPT_MS, error: noAnswer(action, 'no answer in time') };
  if (course.crash !== 'before') {
    const token = [...process.tokens.values()].join();
    history.add({ kind: 'call', process: process.name, token, action, args, call: parts.nextCall() });
  }
  return translated(action, () => process.perform(course, effect));
}

async function translated<T>(action: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof Refusal) throw asCloudError(action, error);
    throw error;
  }
}
