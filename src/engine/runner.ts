import type { Actor, EventBody, JournalEvent } from '../upgrade/events.ts';
import { applyEvent, foldJournal, IllegalEventError } from '../upgrade/fold.ts';
import { whyIllegal } from '../upgrade/legality.ts';
import { nextAction } from '../upgrade/next-action.ts';
import { OperatingError } from '../upgrade/operating-error.ts';
import type { UpgradeState } from '../upgrade/state.ts';
import type { StepContext, StepDefinition, StepResult, UndoResult } from '../upgrade/step-definition.ts';
import type { StepName } from '../upgrade/steps.ts';
import type { Answer } from './bell.ts';
import type { Clock } from './clock.ts';
import type { Journal } from './journal.ts';
import type { Lease, Leases } from './lease.ts';
import type { Logger } from './logger.ts';
import type { ProgressRecord, Scratch } from './scratch.ts';

export interface RunnerDeps {
  journal: Journal;
  leases: Leases;
  scratch: Scratch;
  steps: Record<StepName, StepDefinition>;
  clock: Clock;
  logger: Logger;
  /** Names this process in the journal. */
  workerId: string;
  cutoverBudgetMs: number;
  rollbackBudgetMs: number;
  /** How long an undo may meet retryable trouble before a person is called: longer than a step, nobody undoes it for us. */
  undoPatienceMs: number;
  /** Actions that follow each other at once are done under one doorbell for so long; 0: one action a doorbell. */
  inARowMs: number;
  /** Called after every append and every change of progress. */
  onChange(upgradeId: string): void;
}

/** Waits between repeats after retryable trouble grow from the first to the second. */
const TROUBLE_FIRST_MS = 100;
const TROUBLE_LAST_MS = 10_000;
/** While writes are fenced nobody waits longer than this for a repeat. */
const TROUBLE_LAST_FENCED_MS = 500;

/** The journal moved on under this pass so that what it wanted to write is no longer allowed: look afresh. */
class SupersededError extends Error {}

/**
 * Answers a doorbell: takes the lease, folds the journal, does the one next thing, writes down what came of it.
 * Everything it needs to know is in the journal, so it does the same wherever and whenever it is called.
 */
export function createRunner(deps: RunnerDeps): (upgradeId: string) => Promise<Answer> {
  return async (upgradeId) => {
    const lease = await deps.leases.acquire(upgradeId);
    if ('busyMs' in lease) return { busyMs: Math.min(lease.busyMs, 250) };
    try {
      const events = await deps.journal.read(upgradeId);
      if (events.length === 0) return 'rest';
      return await actInARow(new Pass(deps, lease, foldJournal(events)), deps);
    } catch (error) {
      if (error instanceof SupersededError) return { ringInMs: 0 };
      throw error;
    } finally {
      await lease.release();
    }
  };
}

/**
 * What follows at once is done under the same lease, for a limited time: behind the fence every hop through the queue is time
 * in which nobody can write. Each action stands by itself in the journal, so a crash between two is like one between doorbells.
 */
async function actInARow(pass: Pass, { clock, inARowMs }: RunnerDeps): Promise<Answer> {
  const beganMs = clock.now();
  let answer = await pass.act();
  while (
    answer !== 'rest' &&
    'ringInMs' in answer &&
    answer.ringInMs === 0 &&
    clock.now() - beganMs < inARowMs
  ) {
    answer = await pass.act();
  }
  return answer;
}

/** Actions on one upgrade, under one lease. */
class Pass {
  private readonly deps: RunnerDeps;
  private readonly lease: Lease;
  private state: UpgradeState;
  /** The last thing the step said of its progress in this action. */
  private said: { text: string; percent: number | undefined } | undefined;

  constructor(deps: RunnerDeps, lease: Lease, state: UpgradeState) {
    this.deps = deps;
    this.lease = lease;
    this.state = state;
  }

  async act(): Promise<Answer> {
    const { clock, cutoverBudgetMs, rollbackBudgetMs } = this.deps;
    this.said = undefined;
    const action = nextAction(this.state, { nowMs: clock.now(), cutoverBudgetMs, rollbackBudgetMs });
    switch (action.kind) {
      case 'rest':
        return 'rest';
      case 'append':
        await this.append(action.event);
        return { ringInMs: 0 };
      case 'run':
        return this.run(this.deps.steps[action.step]);
      case 'undo':
        return this.undo(this.deps.steps[action.step]);
    }
  }

  private async run(step: StepDefinition): Promise<Answer> {
    if (this.state.steps[step.name].status !== 'started')
      await this.append({ type: 'step_started', step: step.name });
    const result = await this.attempt({ name: step.name, patienceMs: step.patienceMs }, () =>
      step.run(this.context(step.name)),
    );
    switch (result.kind) {
      case 'again':
        return this.parkedFor(result.afterMs);
      case 'succeeded':
        await this.append({ type: 'step_succeeded', step: step.name, output: result.output });
        return { ringInMs: 0 };
      case 'failed':
        await this.append({ type: 'step_failed', step: step.name, error: result.error });
        return { ringInMs: 0 };
      case 'decided':
        await this.append(result.event);
        return { ringInMs: 0 };
    }
  }

  private async undo(step: StepDefinition): Promise<Answer> {
    if (this.state.steps[step.name].status !== 'undo_started')
      await this.append({ type: 'undo_started', step: step.name });
    const { undo } = step;
    const result: UndoResult =
      typeof undo === 'function'
        ? await this.attempt({ name: step.name, patienceMs: this.deps.undoPatienceMs }, () =>
            undo(this.context(step.name)),
          )
        : { kind: 'undone' };
    switch (result.kind) {
      case 'again':
        return this.parkedFor(result.afterMs);
      case 'undone':
        await this.append({ type: 'undone', step: step.name });
        return { ringInMs: 0 };
      case 'failed':
        await this.append({ type: 'undo_failed', step: step.name, error: result.error });
        return { ringInMs: 0 };
    }
  }

  /** One pass with its troubles turned into "again" while there is patience, into "failed" when there is none. */
  private async attempt<R extends StepResult | UndoResult>(
    step: Attempted,
    pass: () => Promise<R>,
  ): Promise<R> {
    try {
      const result = await pass();
      await this.saveSaid(step.name);
      return result;
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      this.lease.signal.throwIfAborted();
      return (await this.trouble(step, error)) as R;
    }
  }

  private async trouble(
    step: Attempted,
    error: OperatingError,
  ): Promise<{ kind: 'again'; afterMs: number } | Failed> {
    const { clock, logger, scratch } = this.deps;
    const nowMs = clock.now();
    logger.warn(
      { upgradeId: this.state.id, step: step.name, code: error.code, err: error },
      'A step met trouble',
    );
    if (!error.retryable) return { kind: 'failed', error: { code: error.code, message: error.message } };
    const before = await scratch.readProgress(this.state.id);
    const known = before?.step === step.name ? before : undefined;
    // Trouble from before this attempt began (the run of a step that is undone now, or before a person resumed it) is over.
    const trouble = (known?.trouble?.sinceMs ?? 0) >= this.beganMs(step.name) ? known?.trouble : undefined;
    const sinceMs = trouble?.sinceMs ?? nowMs;
    const count = (trouble?.count ?? 0) + 1;
    if (nowMs - sinceMs > step.patienceMs) {
      const message = `${error.message} (for ${Math.round((nowMs - sinceMs) / 1000)} s)`;
      return { kind: 'failed', error: { code: error.code, message } };
    }
    await this.saveProgress({
      step: step.name,
      text: this.said?.text ?? known?.text ?? '',
      percent: this.said === undefined ? known?.percent : this.said.percent,
      trouble: { sinceMs, count, message: error.message },
      atMs: nowMs,
    });
    const last = this.fenced() ? TROUBLE_LAST_FENCED_MS : TROUBLE_LAST_MS;
    return { kind: 'again', afterMs: Math.min(last, TROUBLE_FIRST_MS * 2 ** Math.min(count - 1, 10)) };
  }

  private fenced(): boolean {
    const { steps } = this.state;
    const begun = (step: StepName) => !['never_started', 'undone'].includes(steps[step].status);
    if (begun('fence-target')) return steps['probe-source'].status !== 'succeeded';
    return begun('fence-source') && steps.probe.status !== 'succeeded';
  }

  /** What the step said of its progress, and that it meets no trouble any more. Losing either is harmless. */
  private async saveSaid(step: StepName): Promise<void> {
    const { scratch, clock, logger } = this.deps;
    try {
      const before = await scratch.readProgress(this.state.id);
      if (this.said !== undefined) await this.saveProgress({ step, ...this.said, atMs: clock.now() });
      else if (before?.trouble !== undefined) await this.saveProgress({ ...before, trouble: undefined });
    } catch (error) {
      logger.warn({ err: error, upgradeId: this.state.id }, 'Progress could not be stored');
    }
  }

  private async saveProgress(
    record: { [K in keyof ProgressRecord]: ProgressRecord[K] | undefined },
  ): Promise<void> {
    const known = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
    await this.deps.scratch.writeProgress(this.state.id, known as ProgressRecord);
    this.deps.onChange(this.state.id);
  }

  /** A decision that came in while this pass ran must not wait for the next poll. */
  private async parkedFor(afterMs: number): Promise<Answer> {
    const { journal } = this.deps;
    if ((await journal.length(this.state.id)) === this.state.length) return { ringInMs: afterMs };
    // What follows at once decides by the journal as it is now, not as it was.
    this.state = foldJournal(await journal.read(this.state.id));
    return { ringInMs: 0 };
  }

  /** When this step, or its undo, was begun. */
  private beganMs(name: StepName): number {
    const step = this.state.steps[name];
    return step.undoStartedAtMs ?? step.startedAtMs ?? this.deps.clock.now();
  }

  private context(name: StepName): StepContext {
    const { clock, scratch } = this.deps;
    const id = this.state.id;
    const current = () => this.state.steps[name];
    const nowMs = clock.now();
    return {
      upgradeId: id,
      state: this.state,
      get step() {
        return current();
      },
      nowMs,
      elapsedMs: nowMs - this.beganMs(name),
      signal: this.lease.signal,
      intend: async (action, detail) => {
        await this.append({ type: 'step_intended', step: name, action, detail });
        // The journal was ours when it was written; by now the process may have stood still for longer than the lease.
        this.lease.assertHeld();
      },
      note: (note) => this.append({ type: 'step_noted', step: name, note }),
      progress: (text, percent) => {
        this.said = { text, percent };
      },
      scratch: {
        read: (key) => scratch.read(id, key),
        write: (key, value) => scratch.write(id, key, value),
      },
    };
  }

  /**
   * Appends under the lease. When somebody's decision came in between, the state is brought up to date and the event is
   * tried again if it is still allowed.
   */
  private async append(body: EventBody): Promise<void> {
    const actor: Actor = { kind: 'worker', id: this.deps.workerId };
    for (;;) {
      this.lease.signal.throwIfAborted();
      const event = {
        v: 1,
        seq: this.state.length,
        atMs: this.deps.clock.now(),
        actor,
        ...body,
      } as JournalEvent;
      const next = this.after(event);
      const said = await this.deps.journal.append(this.state.id, event, this.lease.token);
      if (said === 'fenced') throw new SupersededError('The lease went to somebody else');
      if (said === 'appended') {
        this.state = next;
        this.deps.onChange(this.state.id);
        return;
      }
      this.state = foldJournal(await this.deps.journal.read(this.state.id));
      const why = whyIllegal(this.state, { ...event, seq: this.state.length });
      if (why !== undefined) throw new SupersededError(why);
    }
  }

  private after(event: JournalEvent): UpgradeState {
    try {
      return applyEvent(this.state, event);
    } catch (error) {
      if (error instanceof IllegalEventError)
        this.deps.logger.error({ err: error, upgradeId: this.state.id }, 'Illegal event');
      throw error;
    }
  }
}

type Failed = { kind: 'failed'; error: { code: string; message: string } };

type Attempted = Pick<StepDefinition, 'name' | 'patienceMs'>;
