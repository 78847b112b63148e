import { ApiError } from '../api/api-error.ts';
import type { Clock } from '../clock.ts';
import { type Durations, elapse } from '../durations.ts';
import type { Faults } from '../faults.ts';
import { type Instance, instanceStatus } from './instances.ts';

/** Tencent's codes of the flows that the sandbox runs. */
export const taskTypes = { backUp: '012', changeVip: '027', readOnly: '033', changeNetwork: '062' } as const;

export interface Task {
  readonly id: number;
  readonly type: string;
  readonly instance: Instance;
  readonly startedAtMs: number;
  endedAtMs: number | undefined;
  status: 'preparing' | 'running' | 'succeed' | 'failed';
  message: string;
}

export interface TaskOrder {
  type: string;
  /** The API action that asked for it. */
  action: string;
  /** Shown as InstanceTitle while it runs. */
  title: string;
  duration: keyof Durations;
  /** What the task does; a rejection fails it, so this must clean up after itself. */
  effect(): Promise<void>;
  /** Gives back what was reserved for the effect when the task fails without trying it. */
  abandon?(): void;
}

export interface TasksOptions {
  clock: Clock;
  durations: Durations;
  faults: Faults;
}

const firstTaskId = 1_900_000;

/**
 * The flows of the Redis product. An instance runs one at a time and is in status 1 meanwhile; a task is prepared, has
 * its effect when it starts to run, and is over after its duration.
 */
export class Tasks {
  readonly #options: TasksOptions;
  readonly #tasks = new Map<number, Task>();
  readonly #running = new Set<Promise<void>>();
  #nextId = firstTaskId;

  constructor(options: TasksOptions) {
    this.#options = options;
  }

  find(id: number): Task | undefined {
    return this.#tasks.get(id);
  }

  /** Newest first. */
  all(): Task[] {
    return [...this.#tasks.values()].reverse();
  }

  /** An ApiError unless the instance is running and no flow holds it. */
  requireIdle(instance: Instance): void {
    if (instance.taskId !== 0 || instance.status === instanceStatus.inFlow) {
      throw new ApiError(
        'ResourceUnavailable.InstanceLockedError',
        'The instance is locked by another flow.',
      );
    }
    if (instance.status !== instanceStatus.running) {
      throw new ApiError(
        'ResourceUnavailable.InstanceStatusError',
        'The instance status does not allow this.',
      );
    }
  }

  /**
   * Starts a task on an idle instance (requireIdle first). Resolves as soon as the API could answer: at once, or with
   * durations of 0 when the task is over.
   */
  async start(instance: Instance, order: TaskOrder): Promise<Task> {
    const task: Task = {
      id: this.#nextId++,
      type: order.type,
      instance,
      startedAtMs: this.#options.clock.now(),
      endedAtMs: undefined,
      status: 'preparing',
      message: '',
    };
    this.#tasks.set(task.id, task);
    instance.taskId = task.id;
    instance.status = instanceStatus.inFlow;
    instance.flowTitle = order.title;
    const over = this.#run(task, order);
    this.#running.add(over);
    void over.then(() => this.#running.delete(over));
    const { durations } = this.#options;
    if (durations.taskPreparingMs + durations[order.duration] === 0) await over;
    return task;
  }

  /** Resolves when no task runs any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Never rejects. */
  async #run(task: Task, order: TaskOrder): Promise<void> {
    const { durations, faults, clock } = this.#options;
    await elapse(durations.taskPreparingMs);
    task.status = 'running';
    const fault = faults.take(['fail-task'], { action: order.action, instanceIds: [task.instance.id] });
    let failure = fault === undefined ? undefined : (fault.message ?? 'The flow failed: internal error.');
    try {
      if (fault === undefined || fault.afterEffect === true) await order.effect();
      else order.abandon?.();
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    await elapse(durations[order.duration]);
    task.status = failure === undefined ? 'succeed' : 'failed';
    task.message = failure ?? '';
    task.endedAtMs = clock.now();
    task.instance.taskId = 0;
    task.instance.flowTitle = '';
    if (task.instance.status === instanceStatus.inFlow) task.instance.status = instanceStatus.running;
  }
}
