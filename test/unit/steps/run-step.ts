import type { RedisConnection } from '../../../src/compare/wire/redis-connection.ts';
import { RedisErrorReply, type Reply } from '../../../src/compare/wire/resp-reply.ts';
import { DEFAULT_STEP_SETTINGS, type StepSettings } from '../../../src/steps/settings.ts';
import type { StepDeps } from '../../../src/steps/step-deps.ts';
import type { EventBody } from '../../../src/upgrade/events.ts';
import { applyEvent, foldJournal } from '../../../src/upgrade/fold.ts';
import { OperatingError } from '../../../src/upgrade/operating-error.ts';
import type { UpgradeState } from '../../../src/upgrade/state.ts';
import type {
  StepContext,
  StepDefinition,
  StepResult,
  UndoResult,
} from '../../../src/upgrade/step-definition.ts';
import { ABORTED, bodiesDuring, eventAt, journal } from '../upgrade/samples.ts';
import type { FakeCloud } from './fake-cloud.ts';

export class Crash extends Error {}

/** One upgrade in the middle of one step, with a clock of its own; what the engine does around a pass, without a store. */
export class Bench {
  state: UpgradeState;
  nowMs: number;
  readonly scratch = new Map<string, string>();
  readonly said: string[] = [];
  /** Throws instead of the n-th note or intent from now on: the process dies there. */
  dieAt: number | undefined;

  constructor(step: StepDefinition['name'], more: EventBody[] = []) {
    this.state = foldJournal(journal([...bodiesDuring(step), ...more]));
    this.nowMs = this.state.changedAtMs;
  }

  append(body: EventBody): void {
    if (this.dieAt !== undefined) {
      this.dieAt -= 1;
      if (this.dieAt === 0) {
        this.dieAt = undefined;
        throw new Crash('died');
      }
    }
    this.state = applyEvent(this.state, eventAt(this.state.length, body, this.nowMs));
  }

  context(step: StepDefinition): StepContext {
    const current = () => this.state.steps[step.name];
    const began = current().undoStartedAtMs ?? current().startedAtMs ?? this.nowMs;
    return {
      upgradeId: this.state.id,
      state: this.state,
      get step() {
        return current();
      },
      nowMs: this.nowMs,
      elapsedMs: this.nowMs - began,
      signal: new AbortController().signal,
      intend: async (action, detail) =>
        this.append({ type: 'step_intended', step: step.name, action, detail }),
      note: async (note) => this.append({ type: 'step_noted', step: step.name, note }),
      progress: (text) => {
        this.said.push(text);
      },
      scratch: {
        read: async (name) => this.scratch.get(name),
        write: async (name, value) => {
          this.scratch.set(name, value);
        },
      },
    };
  }

  run(step: StepDefinition): Promise<StepResult> {
    return step.run(this.context(step));
  }

  /** Turns the upgrade back, up to the undo of this step. */
  turnBack(step: StepDefinition): void {
    if (this.state.goingBack === undefined) this.append(ABORTED);
    this.append({ type: 'undo_started', step: step.name });
  }

  undo(step: StepDefinition): Promise<UndoResult> {
    if (typeof step.undo !== 'function') throw new Error(`${step.name} has no undo`);
    return step.undo(this.context(step));
  }

  /** Passes until something else than `again` comes of it, with time passing as asked for. */
  async until<R extends StepResult | UndoResult>(
    pass: () => Promise<R>,
    between: () => void = () => undefined,
  ): Promise<Exclude<R, { kind: 'again' }>> {
    for (let count = 0; count < 2_000; count += 1) {
      const result = await pass();
      if (result.kind !== 'again') return result as Exclude<R, { kind: 'again' }>;
      this.nowMs += Math.max(1, result.afterMs);
      between();
    }
    throw new Error('it goes on for ever');
  }
}

export const SETTINGS: StepSettings = { ...DEFAULT_STEP_SETTINGS };

/** What steps are built from, over a cloud in memory; the Redis side is not reachable. */
export function depsOver(cloud: FakeCloud, more: Partial<StepDeps> = {}): StepDeps {
  return {
    cloud,
    access: {
      credential: () => undefined,
      endpoint: (_id, { ip, port }) => ({ host: ip, port }),
      open: async () => {
        throw new Error('this test has no Redis');
      },
      use: async () => {
        throw new OperatingError('REDIS_UNREACHABLE', 'this test has no Redis', { retryable: true });
      },
    },
    settings: SETTINGS,
    clock: { now: () => 0 },
    random: () => 0,
    newApprovalId: () => 'ap-new',
    ...more,
  };
}

/** Access to a Redis that takes every write and has executed `writes` of them. */
export function openRedis(writes: number): StepDeps['access'] {
  return answering({
    GET: null,
    DEL: 0,
    EVAL: 0,
    'INFO server': Buffer.from('run_id:run-target\r\n'),
    'INFO commandstats': Buffer.from(`cmdstat_set:calls=${writes},usec=1\r\n`),
  });
}

/** Access to a Redis that refuses every write. */
export function fencedRedis(): StepDeps['access'] {
  const readOnly = new RedisErrorReply("READONLY You can't write against a read only slave.");
  return answering({ GET: null, DEL: readOnly, EVAL: readOnly });
}

function answering(answers: Record<string, Reply>): StepDeps['access'] {
  const connection: RedisConnection = {
    command: async (...words) => {
      const name = String(words[0]);
      const answer = answers[name === 'INFO' ? words.join(' ') : name];
      if (answer === undefined) throw new Error(`this test has no answer to ${words.join(' ')}`);
      return answer;
    },
    pipeline: () => Promise.reject(new Error('this test has no pipelines')),
    close: () => undefined,
  };
  return {
    credential: () => undefined,
    endpoint: (_id, { ip, port }) => ({ host: ip, port }),
    open: async () => connection,
    use: (_instance, work) => work(connection),
  };
}
