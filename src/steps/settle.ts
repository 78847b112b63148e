import type { Cloud, Task } from '../cloud/cloud.ts';
import { CloudError } from '../cloud/cloud-error.ts';
import type { Instance } from '../upgrade/instance.ts';
import type { Cause } from '../upgrade/state.ts';
import type { StepContext } from '../upgrade/step-definition.ts';
import { pollDelay, type StepSettings } from './settings.ts';

/** Something in the cloud that a step wants to be so. */
export interface Effect {
  /** Names it in the journal: `change-address`. */
  action: string;
  /** What the journal says is about to be done. */
  detail: Record<string, unknown>;
  /** Looks. `busy`: something is under way, maybe ours; look again later. */
  look(): Promise<'there' | 'absent' | 'busy'>;
  /** Given up after this long; unset: as long as the settings allow any task. */
  deadlineMs?: number;
  /** Does it, once. */
  act(): Promise<Task>;
}

/** How bringing an effect about stands after one pass. */
export type Settled =
  | { kind: 'there' }
  | { kind: 'again'; afterMs: number }
  | { kind: 'failed'; error: Cause };

/**
 * Brings an effect about in as many passes as it takes: looks first, journals the intent, acts once, follows the task, looks
 * again. A crash anywhere in between, an error that hid a success or a repeat all end at the next look. A task that failed is
 * attempted again a bounded number of times.
 */
export async function settle(
  context: StepContext,
  deps: { cloud: Cloud; settings: StepSettings },
  effect: Effect,
): Promise<Settled> {
  const { settings } = deps;
  const again: Settled = {
    kind: 'again',
    afterMs: pollDelay(settings, sinceLastIntent(context, effect.action)),
  };
  const seen = await effect.look();
  if (seen === 'there') return { kind: 'there' };
  if (context.elapsedMs > (effect.deadlineMs ?? settings.taskDeadlineMs)) {
    const message = `${effect.action} was not done after ${Math.round(context.elapsedMs / 1000)} s.`;
    return { kind: 'failed', error: { code: 'task_deadline', message } };
  }
  if (seen === 'busy') return again;
  const followed = await followTask(context, deps.cloud, effect.action);
  if (followed === 'running') return again;
  const attempts = context.step.intents.filter((intent) => intent.action === effect.action).length;
  if (followed !== undefined && attempts >= settings.maxTaskAttempts) {
    return {
      kind: 'failed',
      error: { code: 'task_failed', message: `${effect.action} failed ${attempts} times: ${followed}` },
    };
  }
  await context.intend(effect.action, effect.detail);
  return act(context, effect, settings);
}

/** A mutation that says "busy" had no effect; any other error goes to the engine, and the next pass looks first. */
async function act(context: StepContext, effect: Effect, settings: StepSettings): Promise<Settled> {
  const task = await effect.act();
  await context.note({
    [taskKey(effect.action)]: { region: task.region, id: task.id, requestId: task.requestId },
  });
  return { kind: 'again', afterMs: settings.pollFirstMs };
}

/** Why the last task failed; `running` while it does; undefined when there is none to follow. */
async function followTask(
  context: StepContext,
  cloud: Cloud,
  action: string,
): Promise<string | 'running' | undefined> {
  const task = readTaskNote(context.step.note[taskKey(action)]);
  if (task === undefined) return undefined;
  try {
    const state = await cloud.readTask(task);
    if (state.status === 'running') return 'running';
    // It says it succeeded and the effect is not there (yet, or somebody took it back): attempt it again, boundedly.
    return state.status === 'failed' ? state.message : 'the task succeeded but its effect is not there';
  } catch (error) {
    if (error instanceof CloudError && error.cloudCode === 'CLOUD_NOT_FOUND') return 'its task is unknown';
    throw error;
  }
}

function readTaskNote(note: unknown): Task | undefined {
  if (typeof note !== 'object' || note === null) return undefined;
  const { region, id, requestId } = note as Record<string, unknown>;
  if (typeof region !== 'string' || typeof id !== 'number' || id === 0) return undefined;
  return { region, id, requestId: typeof requestId === 'string' ? requestId : '' };
}

function taskKey(action: string): string {
  return `task:${action}`;
}

function sinceLastIntent(context: StepContext, action: string): number {
  const last = context.step.intents.findLast((intent) => intent.action === action);
  return last === undefined ? context.elapsedMs : context.nowMs - last.atMs;
}

/** `busy` while the instance has a task, else what the test says. An instance that is neither running nor busy is an error. */
export function lookAt(instance: Instance, isThere: boolean): 'there' | 'absent' | 'busy' {
  if (instance.status === 'in-flow') return 'busy';
  return isThere ? 'there' : 'absent';
}
