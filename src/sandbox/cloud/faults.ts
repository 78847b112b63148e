import { z } from 'zod';
import type { Clock } from './clock.ts';

const text = z.string().min(1);

/** What can go wrong on demand. */
const faultSchema = z.discriminatedUnion('kind', [
  /** Refused with this code; nothing happens. */
  z.strictObject({ kind: z.literal('error'), code: text, message: z.exactOptional(text) }),
  /** It happens, and the answer says it failed: a hidden success. */
  z.strictObject({ kind: z.literal('error-after'), code: text, message: z.exactOptional(text) }),
  /** The gateway answers with this HTTP status; nothing happens. */
  z.strictObject({ kind: z.literal('http'), status: z.number().int().min(400).max(599) }),
  /** It happens; the answer is HTTP 200 with a body that is not JSON. */
  z.strictObject({ kind: z.literal('not-json') }),
  /** The connection is cut; nothing happens. */
  z.strictObject({ kind: z.literal('cut-before') }),
  /** It happens; the connection is cut before the answer. */
  z.strictObject({ kind: z.literal('cut-after') }),
  /** Late by so many milliseconds; goes together with any other fault. */
  z.strictObject({ kind: z.literal('slow'), ms: z.number().int().min(0).max(600_000) }),
  /** It happens twice; the answer is that of the first time. */
  z.strictObject({ kind: z.literal('duplicate') }),
  /** RequestLimitExceeded for so long from the moment the rule was added. */
  z.strictObject({ kind: z.literal('throttle'), forMs: z.number().int().min(1) }),
  /** The task that the action starts fails, before or after its effect. */
  z.strictObject({
    kind: z.literal('fail-task'),
    message: z.exactOptional(text),
    afterEffect: z.exactOptional(z.boolean()),
  }),
  /** A sync job fails in the phase named (the full copy or the live stream) with this ErrorLog. */
  z.strictObject({
    kind: z.literal('fail-sync-job'),
    phase: z.enum(['full', 'incremental']),
    errorLog: text,
  }),
  /** An item of a pre-check fails. */
  z.strictObject({ kind: z.literal('fail-check-item'), stepId: text, reason: text }),
  /** ModifyInstanceReadOnly is refused; `FailedOperation.SystemError` unless another code is given. */
  z.strictObject({ kind: z.literal('refuse-read-only'), code: z.exactOptional(text) }),
  /** A task or a sync job is in a state that no documentation names. */
  z.strictObject({ kind: z.literal('unknown-status'), status: text }),
]);
export type Fault = z.infer<typeof faultSchema>;
export type FaultKind = Fault['kind'];

/** When a fault strikes. What is left out matches everything. */
export const faultRuleSchema = z.strictObject({
  /** The API action, for instance `ModifyNetworkConfig`. */
  action: z.exactOptional(text),
  instanceId: z.exactOptional(text),
  jobId: z.exactOptional(text),
  /** How often it strikes; left out: until cleared. */
  times: z.exactOptional(z.number().int().min(1)),
  fault: faultSchema,
});
export type FaultRule = z.infer<typeof faultRuleSchema>;

/** What a call or a background process is about, to be matched against the rules. */
export interface FaultSubject {
  action?: string | undefined;
  instanceIds: readonly string[];
  jobId?: string | undefined;
}

interface ActiveRule {
  id: number;
  rule: FaultRule;
  remaining: number;
  addedAtMs: number;
}

/** The faults in force. Oldest rule first; a rule used up is gone. */
export class Faults {
  readonly #clock: Clock;
  #rules: ActiveRule[] = [];
  #nextId = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the number by which the rule can be cleared. */
  add(rule: FaultRule): number {
    const id = this.#nextId++;
    this.#rules.push({
      id,
      rule,
      remaining: rule.times ?? Number.POSITIVE_INFINITY,
      addedAtMs: this.#clock.now(),
    });
    return id;
  }

  /** Clears one rule, or all of them. */
  clear(id?: number): void {
    this.#rules = id === undefined ? [] : this.#rules.filter((active) => active.id !== id);
  }

  list(): { id: number; rule: FaultRule; remaining: number | null }[] {
    this.#dropExpired();
    return this.#rules.map(({ id, rule, remaining }) => ({
      id,
      rule,
      remaining: Number.isFinite(remaining) ? remaining : null,
    }));
  }

  /** The first fault of one of these kinds that strikes `subject` now, used up once; undefined: all is well. */
  take<K extends FaultKind>(
    kinds: readonly K[],
    subject: FaultSubject,
    strikes: (fault: Extract<Fault, { kind: K }>) => boolean = () => true,
  ): Extract<Fault, { kind: K }> | undefined {
    this.#dropExpired();
    for (const active of this.#rules) {
      const { fault } = active.rule;
      if (!isOneOf(fault, kinds) || !matches(active.rule, subject) || !strikes(fault)) continue;
      active.remaining--;
      if (active.remaining <= 0) this.clear(active.id);
      return fault;
    }
    return undefined;
  }

  #dropExpired(): void {
    this.#rules = this.#rules.filter(
      ({ rule: { fault }, addedAtMs }) =>
        fault.kind !== 'throttle' || this.#clock.now() < addedAtMs + fault.forMs,
    );
  }
}

function isOneOf<K extends FaultKind>(
  fault: Fault,
  kinds: readonly K[],
): fault is Extract<Fault, { kind: K }> {
  return kinds.some((kind) => kind === fault.kind);
}

function matches(rule: FaultRule, subject: FaultSubject): boolean {
  if (rule.action !== undefined && rule.action !== subject.action) return false;
  if (rule.jobId !== undefined && rule.jobId !== subject.jobId) return false;
  return rule.instanceId === undefined || subject.instanceIds.includes(rule.instanceId);
}
