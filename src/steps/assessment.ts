import type { Cloud } from '../cloud/cloud.ts';
import { CompareError } from '../compare/wire/compare-error.ts';
import { adviseEdition, crossSlotCommands, judgePair } from '../upgrade/editions.ts';
import { describeKind, formatAddress, type Instance } from '../upgrade/instance.ts';
import type { InstanceFacts, Plan, Switch } from '../upgrade/plan.ts';
import { accept, type Outcome, refuse } from '../upgrade/refusal.ts';
import { chooseParkingAddress } from './parking-address.ts';
import { commandCalls, infoNumber, keysByDatabase, readInfo } from './redis-access.ts';
import type { StepDeps } from './step-deps.ts';

/** Tencent's rule for the target: this many times the memory that the source uses. */
const MEMORY_FACTOR = 1.5;
/** Addresses that must be free in the source's subnet: one for the target while it waits, one to park the source. */
const FREE_ADDRESSES = 2;
const MB = 1024 * 1024;

/** What was found out about a pair: the two instances, what stands in the way, and the plan when nothing does. */
export interface Assessment {
  source: Instance;
  target: Instance;
  /** Why it cannot be done now, each with its cure. */
  problems: string[];
  plan: Plan | undefined;
  warnings: string[];
  advice: string[];
}

export interface Request {
  source: string;
  target: string;
  switch: Switch;
  /** The rolled back upgrade of the same pair whose copy the target may still hold. */
  replacesCopyOf: string | undefined;
}

type Deps = Pick<StepDeps, 'cloud' | 'access' | 'random'>;

/** Reads both instances and judges them. It only reads. Refuses when the two cannot even be looked at as a pair. */
export async function assessPair(deps: Deps, request: Request): Promise<Outcome<Assessment>> {
  const pair = await findPair(deps.cloud, request);
  if (!pair.ok) return pair;
  const { source, target } = pair.value;
  const problems = [...statusProblems(source, target), ...placeProblems(source, target)];
  const sourceSide = await lookInside(deps, source, 'source');
  const targetSide = await lookInside(deps, target, 'target');
  problems.push(...sourceSide.problems, ...targetSide.problems);
  if (sourceSide.figures !== undefined) problems.push(...sizeProblems(source, target, sourceSide.figures));
  const leftover = judgeLeftover(target, targetSide.figures?.keys ?? 0, request.replacesCopyOf);
  problems.push(...leftover.problems);
  const placed = problems.length === 0 ? await placeInSubnet(deps, source, target) : undefined;
  problems.push(...(placed?.problems ?? []));
  const warnings = [
    ...leftover.warnings,
    ...passwordWarnings(deps, source, target),
    ...warningsOf(target, sourceSide.figures),
  ];
  const advice = adviseEdition(target.edition, {
    usedMemoryMb: sourceSide.figures?.usedMemoryMb ?? 0,
    commandsPerSecond: sourceSide.figures?.commandsPerSecond ?? 0,
  });
  if (problems.length > 0 || placed?.parkingIp === undefined || sourceSide.figures === undefined) {
    return accept({ source, target, problems, plan: undefined, warnings, advice });
  }
  const plan: Plan = {
    source: await factsOf(deps.cloud, source),
    target: await factsOf(deps.cloud, target),
    switch: request.switch,
    oldAddress: source.address,
    ...(leftover.replaces === undefined ? {} : { replacesCopyOf: leftover.replaces }),
    parkingAddress: { ip: placed.parkingIp, port: source.address.port },
    usedMemoryMb: Math.round(sourceSide.figures.usedMemoryMb),
    keys: sourceSide.figures.keys,
    advice,
    warnings,
  };
  return accept({ source, target, problems, plan, warnings, advice });
}

/** A target is empty, or holds nothing but the copy that an earlier upgrade of the same pair left. */
function judgeLeftover(
  target: Instance,
  keys: number,
  earlier: string | undefined,
): { problems: string[]; warnings: string[]; replaces?: string } {
  if (keys === 0) return { problems: [], warnings: [] };
  if (earlier === undefined) {
    const problem = `The target ${target.id} is not empty: it holds ${keys} keys. Empty it (this deletes its data) or choose another.`;
    return { problems: [problem], warnings: [] };
  }
  const warning = `The target ${target.id} holds ${keys} keys, the copy that ${earlier} left when it was rolled back. The new copy deletes them first.`;
  return { problems: [], warnings: [warning], replaces: earlier };
}

async function findPair(
  cloud: Cloud,
  request: Request,
): Promise<Outcome<{ source: Instance; target: Instance }>> {
  if (request.source === request.target) {
    return refuse('same_instance', `Source and target are the same instance (${request.source}). Name two.`);
  }
  const source = await cloud.findInstance(request.source);
  if (source === undefined) return unknownInstance(request.source);
  const target = await cloud.findInstance(request.target);
  if (target === undefined) return unknownInstance(request.target);
  const other = [source, target].find((instance) => instance.engine !== 'redis');
  if (other !== undefined) return refuse('not_redis', `${other.id} is not a Redis instance.`);
  const judged = judgePair(source, target);
  return judged.ok ? accept({ source, target }) : judged;
}

function unknownInstance(id: string): Outcome<never> {
  return refuse(
    'unknown_instance',
    `There is no instance ${id} in the regions this bot looks at. Check the id with /redis-upgrade list.`,
  );
}

function statusProblems(...instances: Instance[]): string[] {
  return instances
    .filter((instance) => instance.status !== 'running')
    .map((instance) =>
      instance.status === 'in-flow'
        ? `${instance.id} has another task running. Wait until it is done.`
        : `${instance.id} is not running (${instance.status}). Start it, or choose another.`,
    );
}

function placeProblems(source: Instance, target: Instance): string[] {
  if (source.region !== target.region) {
    return [
      `${target.id} is in ${target.region}, the source in ${source.region}. An address cannot move between regions: choose a target in ${source.region}.`,
    ];
  }
  if (target.subnetId !== source.subnetId && target.zoneId !== source.zoneId) {
    return [
      `${target.id} is in another zone (${target.zoneId}) than the source (${source.zoneId}), so it cannot join the source's subnet. Choose a target in the same zone.`,
    ];
  }
  return [];
}

interface Figures {
  usedMemoryMb: number;
  keys: number;
  commandsPerSecond: number;
  databases: number[];
  commands: string[];
  evictedKeys: number;
}

/** What the server itself tells, or why we cannot get in. */
async function lookInside(
  deps: Deps,
  instance: Instance,
  role: 'source' | 'target',
): Promise<{ figures: Figures | undefined; problems: string[] }> {
  if (!instance.passwordFree && deps.access.credential(instance.id) === undefined) {
    return {
      figures: undefined,
      problems: [
        `There are no credentials for the ${role} ${instance.id}. Add them to the file that REDIS_UPGRADE_CREDENTIALS names and restart the bot.`,
      ],
    };
  }
  if (instance.status !== 'running') return { figures: undefined, problems: [] };
  try {
    return { figures: await deps.access.use(instance, readFigures), problems: [] };
  } catch (error) {
    if (!(error instanceof CompareError)) throw error;
    return { figures: undefined, problems: [whyNoEntry(deps, instance, { role, error })] };
  }
}

function whyNoEntry(deps: Deps, instance: Instance, met: { role: string; error: CompareError }): string {
  const { role, error } = met;
  if (error.code === 'COMPARE_AUTH' && deps.access.credential(instance.id) === undefined) {
    return `The ${role} ${instance.id} wants a password although Tencent calls it password-free. Add it to the file that REDIS_UPGRADE_CREDENTIALS names and restart the bot.`;
  }
  if (error.code === 'COMPARE_AUTH') {
    return `The ${role} ${instance.id} refuses the password from the credentials file. Correct it and restart the bot.`;
  }
  return `The ${role} ${instance.id} cannot be reached at ${formatAddress(instance.address)}: ${error.message}. Check the security groups and where the bot runs.`;
}

async function readFigures(connection: Parameters<typeof readInfo>[0]): Promise<Figures> {
  const info = await readInfo(connection);
  const databases = keysByDatabase(info);
  const stats = commandCalls(await readInfo(connection, 'commandstats'));
  return {
    usedMemoryMb: infoNumber(info, 'used_memory') / MB,
    keys: [...databases.values()].reduce((sum, keys) => sum + keys, 0),
    commandsPerSecond: Number(info.get('instantaneous_ops_per_sec') ?? 0),
    databases: [...databases.keys()],
    commands: [...stats.keys()],
    evictedKeys: Number(info.get('evicted_keys') ?? 0),
  };
}

function sizeProblems(source: Instance, target: Instance, figures: Figures): string[] {
  const problems: string[] = [];
  const neededMb = Math.ceil(figures.usedMemoryMb * MEMORY_FACTOR);
  if (target.memoryMb < neededMb) {
    problems.push(
      `The target ${target.id} is too small: ${target.memoryMb} MB, and 1.5 times the ${Math.ceil(figures.usedMemoryMb)} MB that ${source.id} uses is ${neededMb} MB. Enlarge it or choose another.`,
    );
  }
  const others = figures.databases.filter((database) => database !== 0);
  if (target.edition === 'cluster' && others.length > 0) {
    problems.push(
      `The source ${source.id} has keys in database ${others.join(', ')}; a cluster has only database 0. Choose a standard target.`,
    );
  }
  return problems;
}

/** The address moves, the password does not: clients go on sending the source's. */
function passwordWarnings(deps: Deps, source: Instance, target: Instance): string[] {
  const [before, after] = [deps.access.credential(source.id), deps.access.credential(target.id)];
  if (before?.password === after?.password && before?.username === after?.username) return [];
  return [
    `The target ${target.id} has another password than the source ${source.id}. After the cutover clients still send the source's, and the target refuses them: give the target the same password before anybody approves.`,
  ];
}

function warningsOf(target: Instance, figures: Figures | undefined): string[] {
  const warnings: string[] = [];
  const risky = target.edition === 'cluster' ? crossSlotCommands(figures?.commands ?? []) : [];
  if (risky.length > 0) {
    warnings.push(
      `Clients have used ${risky.map((command) => command.toUpperCase()).join(', ')} on the source. On a cluster these fail when their keys are in different slots, and such a write stops the copy.`,
    );
  }
  if ((figures?.evictedKeys ?? 0) > 0) {
    warnings.push(
      'The source has evicted keys: it is full, and what it evicts during the upgrade shows as a difference.',
    );
  }
  if (target.proxyVersion !== undefined && target.proxyVersion.latest !== target.proxyVersion.current) {
    warnings.push(
      `The target's proxy is ${target.proxyVersion.current}; Tencent's pre-check wants the latest, ${target.proxyVersion.latest}.`,
    );
  }
  return warnings;
}

async function placeInSubnet(
  deps: Deps,
  source: Instance,
  target: Instance,
): Promise<{ parkingIp?: string; problems: string[] }> {
  const place = { region: source.region, vpcId: source.vpcId, subnetId: source.subnetId };
  const subnet = await deps.cloud.readSubnet(place);
  const needed = target.subnetId === source.subnetId ? FREE_ADDRESSES - 1 : FREE_ADDRESSES;
  if (subnet.availableIpCount < needed) {
    return {
      problems: [
        `The source's subnet ${source.subnetId} has ${subnet.availableIpCount} free addresses, ${needed} are needed to park the source and to take in the target. Free some first.`,
      ],
    };
  }
  const parkingIp = await chooseParkingAddress(deps, subnet);
  if (parkingIp !== undefined) return { parkingIp, problems: [] };
  return {
    problems: [
      `No free address was found in the source's subnet ${source.subnetId} (${subnet.cidr}) to park the source at.`,
    ],
  };
}

/** An instance as the plan and the approval record it. */
export async function factsOf(cloud: Cloud, instance: Instance): Promise<InstanceFacts> {
  if (instance.edition !== 'standard' && instance.edition !== 'cluster') {
    throw new Error(`${instance.id} is ${describeKind(instance)}, which no plan is made for`);
  }
  return {
    id: instance.id,
    name: instance.name,
    region: instance.region,
    version: instance.version,
    edition: instance.edition,
    address: instance.address,
    vpcId: instance.vpcId,
    subnetId: instance.subnetId,
    zoneId: instance.zoneId,
    memoryMb: instance.memoryMb,
    securityGroups: [...(await cloud.securityGroups(instance))].sort(),
  };
}
