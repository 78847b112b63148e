import { z } from 'zod';
import type { Cloud, Task } from '../cloud/cloud.ts';
import { CloudError } from '../cloud/cloud-error.ts';
import type { Instance } from '../upgrade/instance.ts';
import type { Cause } from '../upgrade/state.ts';
import type { StepContext, StepDefinition } from '../upgrade/step-definition.ts';
import { pollDelay, type StepSettings } from './settings.ts';

/**
 * A task that succeeded is given this long to be seen, since what a look reads may lag behind; then somebody took the effect
 * back, and it is attempted again, boundedly.
 */
const EFFECT_GRACE_MS = 5_000;
const NOT_SEEN_YET = 'the task succeeded but its effect is not there';

/** Something in the cloud that a step wants to be so. */
export interface Effect {
  /** Names it in the journal: `change-address`. */
  action: string;
  /** The same for people, at the beginning of a sentence: `Moving crs-1 to 10.0.0.7:6379`. Unset: the action. */
  what?: string;
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
    const message = `${effect.what ?? effect.action} was not done after ${Math.round(context.elapsedMs / 1000)} s.`;
    return { kind: 'failed', error: { code: 'task_deadline', message } };
  }
  if (seen === 'busy') return again;
  const followed = await followTask(context, deps.cloud, effect.action);
  if (followed === 'running') return again;
  if (followed === NOT_SEEN_YET && sinceLastIntent(context, effect.action) < EFFECT_GRACE_MS) return again;
  const attempts = attemptsOf(context, effect.action);
  if (followed !== undefined && attempts >= settings.maxTaskAttempts) {
    return {
      kind: 'failed',
      error: {
        code: 'task_failed',
        message: `${effect.what ?? effect.action} failed ${attempts} times: ${followed}`,
      },
    };
  }
  const attempt = context.step.intents.filter(({ action }) => action === effect.action).length + 1;
  await context.intend(effect.action, { ...effect.detail, attempt });
  return act(context, effect, attempt);
}

/** A mutation that says "busy" had no effect; any other error goes to the engine, and the next pass looks first. */
async function act(context: StepContext, effect: Effect, attempt: number): Promise<Settled> {
  const answered = { [answeredKey(effect.action)]: attempt };
  const task = await effect.act().catch(async (error: unknown) => {
    if (error instanceof CloudError && !error.mayHaveHappened) await context.note(answered);
    throw error;
  });
  await context.note({ [taskKey(effect.action)]: task, ...answered });
  // Some tasks are over when the call is answered: the first look comes at once, the next ones wait.
  return { kind: 'again', afterMs: 0 };
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
    return state.status === 'failed' ? state.message : NOT_SEEN_YET;
  } catch (error) {
    if (error instanceof CloudError && error.cloudCode === 'CLOUD_NOT_FOUND') return 'its task is unknown';
    throw error;
  }
}

const taskSchema = z.object({
  region: z.string(),
  id: z.number(),
  requestId: z.string().default(''),
  instanceId: z.string().optional(),
});

function readTaskNote(note: unknown): Task | undefined {
  const parsed = taskSchema.safeParse(note);
  if (!parsed.success) return undefined;
  const { instanceId, ...task } = parsed.data;
  // Without a number and an instance there is nothing to follow it by.
  if (instanceId === undefined) return task.id === 0 ? undefined : task;
  return { ...task, instanceId };
}

/** Attempts since the step, or its undo, was begun or resumed. */
function attemptsOf(context: StepContext, action: string): number {
  const beganMs = context.nowMs - context.elapsedMs;
  return context.step.intents.filter((intent) => intent.action === action && intent.atMs >= beganMs).length;
}

function taskKey(action: string): string {
  return `task:${action}`;
}

/** The last attempt of an action that the cloud answered: what it was asked after that may take effect at any time. */
function answeredKey(action: string): string {
  return `answered:${action}`;
}

/**
 * An undo is believed only when a call of the step whose answer was lost can no longer take effect: it may be a second attempt,
 * and come after what the first one did was put back.
 */
export function afterLateEffects(step: StepDefinition, settings: StepSettings): StepDefinition {
  const { undo } = step;
  if (typeof undo !== 'function') return step;
  return {
    ...step,
    async undo(context) {
      const result = await undo(context);
      const leftMs = result.kind === 'undone' ? lateEffectLeftMs(context, settings) : 0;
      return leftMs > 0 ? { kind: 'again', afterMs: Math.min(leftMs, settings.pollLastMs) } : result;
    },
  };
}

function lateEffectLeftMs({ step, nowMs }: StepContext, settings: StepSettings): number {
  const undoneFromMs = step.undoStartedAtMs ?? nowMs;
  const unanswered = step.intents.findLast(({ action, detail, atMs }) => {
    if (atMs > undoneFromMs) return false;
    const attempt = Number(detail['attempt'] ?? 0);
    return attempt > Number(step.note[answeredKey(action)] ?? 0);
  });
  return unanswered === undefined ? 0 : unanswered.atMs + settings.lateEffectMs - nowMs;
}

function sinceLastIntent(context: StepContext, action: string): number {
  const last = context.step.intents.findLast((intent) => intent.action === action);
  return last === undefined ? context.elapsedMs : context.nowMs - last.atMs;
}

/** `busy` while the instance has a task, else what the test says. */
export function lookAt(instance: Instance, isThere: boolean): 'there' | 'absent' | 'busy' {
  if (instance.status === 'in-flow') return 'busy';
  return isThere ? 'there' : 'absent';
}
