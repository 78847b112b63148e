import type { DataNode } from '../data-plane.ts';
import type { Faults } from '../faults.ts';
import { askRedis } from '../redis-session.ts';
import { compareVersions } from '../world/editions.ts';
import { type Instance, instanceStatus } from '../world/instances.ts';
import { type CheckItem, type CheckStepId, checkSteps } from './check-items.ts';
import type { JobSetup } from './sync-job.ts';

interface Finding {
  status?: 'failed' | 'warning';
  reason: string;
  solution: string;
}

export interface PreCheckOptions {
  faults: Faults;
  jobId: string;
  skipped: ReadonlySet<string>;
}

const loginTimeoutMs = 3_000;
/** Tencent asks for a target of at least 1.5 times the memory of the source. */
const capacityFactor = 1.5;
const bytesPerMb = 1024 * 1024;

/** Looks at both instances for real: logs in over their addresses and reads their figures. Never rejects. */
export async function runPreCheck(setup: JobSetup, options: PreCheckOptions): Promise<CheckItem[]> {
  const items: CheckItem[] = [];
  const fault = options.faults.take(['fail-check-item'], {
    instanceIds: [setup.source.instance.id, setup.target.instance.id],
    jobId: options.jobId,
  });
  for (const step of checkSteps) {
    const finding: Finding | undefined =
      fault?.stepId === step.id
        ? { reason: fault.reason, solution: 'See the documentation of the check item.' }
        : await inspect(step.id, setup);
    const skipped = finding !== undefined && step.canSkip && options.skipped.has(step.id);
    items.push({
      id: step.id,
      name: step.name,
      status: finding === undefined ? 'pass' : (finding.status ?? 'failed'),
      reason: finding?.reason ?? '',
      solution: finding?.solution ?? '',
      skipped,
    });
  }
  return items;
}

/** Whether a job may start after a check with these items. */
export function passes(items: readonly CheckItem[]): boolean {
  return items.every(({ status, skipped }) => status !== 'failed' || skipped);
}

async function inspect(id: CheckStepId, setup: JobSetup): Promise<Finding | undefined> {
  const { source, target } = setup;
  switch (id) {
    case 'ConnectDBCheck':
      return (await inspectLogin('source', source)) ?? (await inspectLogin('target', target));
    case 'SrcStatusCheck':
      return inspectStatus('source', source.instance);
    case 'DstStatusCheck':
      return inspectStatus('target', target.instance);
    case 'VersionCheck':
      return inspectVersions(source.instance, target.instance);
    case 'DstSpaceCheck':
      return await withNodes(setup, inspectCapacity(target.instance));
    case 'DstEmptyCheck':
      return setup.writeMode === 'normal' ? await withNodes(setup, inspectEmptiness) : undefined;
  }
}

async function inspectLogin(
  side: string,
  endpoint: { instance: Instance; password: string | undefined },
): Promise<Finding | undefined> {
  try {
    const node = await endpoint.instance.start();
    const address = node.address();
    if (address === undefined) throw new Error('nobody listens on the address');
    await askRedis([['PING']], {
      place: { host: address.ip, port: address.port },
      password: endpoint.password,
      timeoutMs: loginTimeoutMs,
    });
    return undefined;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return {
      reason: `Failed to connect to the ${side} instance ${endpoint.instance.id}: ${said}`,
      solution: 'Check the password and that the instance is running.',
    };
  }
}

function inspectStatus(side: string, instance: Instance): Finding | undefined {
  if (instance.status === instanceStatus.running) return undefined;
  return {
    reason: `The ${side} instance ${instance.id} is in status ${instance.status}; it must be running with no other task.`,
    solution: 'Wait until the instance is running.',
  };
}

function inspectVersions(source: Instance, target: Instance): Finding | undefined {
  if (compareVersions(target.version, source.version) >= 0) return undefined;
  return {
    status: 'warning',
    reason: `The target (${target.version}) is older than the source (${source.version}).`,
    solution: 'Choose a target of the same or a later version.',
  };
}

type NodesInspection = (source: DataNode, target: DataNode) => Promise<Finding | undefined>;

async function withNodes(setup: JobSetup, look: NodesInspection): Promise<Finding | undefined> {
  try {
    return await look(await setup.source.instance.start(), await setup.target.instance.start());
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { reason: `The instances cannot be read: ${said}`, solution: 'Check that both are running.' };
  }
}

function inspectCapacity(targetInstance: Instance): NodesInspection {
  return async (source) => {
    const usedMb = (await source.figures()).usedMemoryBytes / bytesPerMb;
    const neededMb = Math.ceil(usedMb * capacityFactor);
    if (targetInstance.memoryMb >= neededMb) return undefined;
    return {
      reason: `The target has ${targetInstance.memoryMb} MB; 1.5 times the memory used on the source are ${neededMb} MB.`,
      solution: 'Enlarge the target instance.',
    };
  };
}

async function inspectEmptiness(_source: DataNode, target: DataNode): Promise<Finding | undefined> {
  const { keys } = await target.figures();
  if (keys === 0) return undefined;
  return {
    reason: `The target is not empty: it has ${keys} keys.`,
    solution: 'Clear the target instance, or choose another write mode.',
  };
}
