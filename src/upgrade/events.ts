import { z } from 'zod';
import { findingSchema } from './finding.ts';
import {
  approvalFactsSchema,
  repairFactsSchema,
  rollbackFactsSchema,
  rollbackModeSchema,
  switchSchema,
} from './plan.ts';
import { STEP_NAMES } from './steps.ts';

/** Who did it. A person by Slack id, wherever they sat, or a worker process. */
export const actorSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('person'),
    via: z.enum(['slack', 'terminal']),
    id: z.string(),
    teamId: z.string().optional(),
    /** Of the terminal: the operating-system account, which is what vouches for the id there. */
    osUser: z.string().optional(),
  }),
  z.object({ kind: z.literal('worker'), id: z.string() }),
]);
export type Actor = z.infer<typeof actorSchema>;

const stepSchema = z.enum(STEP_NAMES);
const errorSchema = z.object({ code: z.string(), message: z.string() });
const jsonSchema = z.record(z.string(), z.unknown());

/** What the approver sees besides the facts under the digest. */
const evidenceSchema = z.object({
  keysCompared: z.number(),
  differences: z.number(),
  verifiedAtMs: z.number(),
  /** Time spent comparing, without the pauses between rounds. */
  comparedForMs: z.number().optional(),
  /** Keys that changed while they were compared: looked at again with writes fenced. */
  movingKeys: z.number().optional(),
  lagBytes: z.number().optional(),
  writesPerSecond: z.number().optional(),
  connections: z.number().optional(),
  backupId: z.string().optional(),
  /** What the plan warned of. */
  warnings: z.array(z.string()).optional(),
});
export type Evidence = z.infer<typeof evidenceSchema>;

/** What the approver of a rollback sees besides the facts under the digest: its price. */
const rollbackEvidenceSchema = z.object({
  /** Write commands executed on the target since the cutover, when the request was posted; absent when it cannot be told. */
  writesSinceCutover: z.number().optional(),
  /** Keys on the target. */
  keys: z.number().optional(),
  /** How long nobody will be able to write, as far as it can be told. */
  expectedGapMs: z.number().optional(),
  cutoverAtMs: z.number(),
  warnings: z.array(z.string()),
});
export type RollbackEvidence = z.infer<typeof rollbackEvidenceSchema>;

/** What the approver of a repair sees besides the facts under the digest. */
const repairEvidenceSchema = z.object({
  /** When it was found. */
  verifiedAtMs: z.number(),
  /** Keys on the target when the request was posted. */
  keys: z.number().optional(),
  lagBytes: z.number().optional(),
  warnings: z.array(z.string()),
});
export type RepairEvidence = z.infer<typeof repairEvidenceSchema>;

const bodySchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('requested'),
    upgradeId: z.string(),
    source: z.string(),
    target: z.string(),
    switch: switchSchema,
    /** Slack channel of the root message. */
    channel: z.string(),
    /** The rolled back upgrade of the same pair whose copy the target still holds. */
    replacesCopyOf: z.string().optional(),
  }),
  z.object({ type: z.literal('step_started'), step: stepSchema }),
  /** Written before a call that changes something: what is about to be done. */
  z.object({ type: z.literal('step_intended'), step: stepSchema, action: z.string(), detail: jsonSchema }),
  /** What a step must remember across a crash: task ids, what it saw that decided something. */
  z.object({ type: z.literal('step_noted'), step: stepSchema, note: jsonSchema }),
  z.object({ type: z.literal('step_succeeded'), step: stepSchema, output: jsonSchema }),
  z.object({ type: z.literal('step_failed'), step: stepSchema, error: errorSchema }),
  z.object({ type: z.literal('undo_started'), step: stepSchema }),
  z.object({ type: z.literal('undone'), step: stepSchema }),
  z.object({ type: z.literal('undo_failed'), step: stepSchema, error: errorSchema }),
  z.object({
    type: z.literal('approval_requested'),
    approvalId: z.string(),
    digest: z.string(),
    facts: approvalFactsSchema,
    evidence: evidenceSchema,
    expiresAtMs: z.number(),
  }),
  z.object({
    type: z.literal('rollback_approval_requested'),
    approvalId: z.string(),
    digest: z.string(),
    facts: rollbackFactsSchema,
    evidence: rollbackEvidenceSchema,
    expiresAtMs: z.number(),
  }),
  z.object({
    type: z.literal('repair_approval_requested'),
    approvalId: z.string(),
    digest: z.string(),
    facts: repairFactsSchema,
    evidence: repairEvidenceSchema,
    expiresAtMs: z.number(),
  }),
  z.object({ type: z.literal('approval_given'), approvalId: z.string(), digest: z.string() }),
  z.object({ type: z.literal('approval_rejected'), approvalId: z.string(), reason: z.string() }),
  z.object({ type: z.literal('approval_expired'), approvalId: z.string() }),
  /** The facts are no longer those that were approved: it has to be asked again. */
  z.object({ type: z.literal('approval_voided'), approvalId: z.string(), changes: z.array(z.string()) }),
  /** The comparison is too old to cut over on: it runs again, the approval stays. */
  z.object({ type: z.literal('verification_stale'), ageMs: z.number() }),
  /** The sides differ. People say what is to be done; when nobody does in time, the upgrade goes back. */
  z.object({ type: z.literal('differences_found'), finding: findingSchema, expiresAtMs: z.number() }),
  /** A person wants everything compared afresh; an approval asked for or given counts no more. */
  z.object({ type: z.literal('verification_requested') }),
  /** The target is to be made equal to the source. `automatic`: by the bot itself, where that only adds what the copy should have brought. */
  z.object({ type: z.literal('repair_requested'), automatic: z.boolean(), finding: findingSchema }),
  /** What the repair had changed about the target's gate is put back, and the upgrade stands where it stood, or is compared afresh. */
  z.object({ type: z.literal('repair_called_off') }),
  z.object({ type: z.literal('cutover_over_budget'), budgetMs: z.number(), elapsedMs: z.number() }),
  z.object({ type: z.literal('rollback_requested'), mode: rollbackModeSchema }),
  z.object({ type: z.literal('rollback_over_budget'), budgetMs: z.number(), elapsedMs: z.number() }),
  /** Everything the rollback had changed is put back: the upgrade is watched on, or stuck as before. */
  z.object({ type: z.literal('rollback_called_off') }),
  /** Of the upgrade, or of a rollback while it can still be called off. */
  z.object({ type: z.literal('abort_requested'), reason: z.string() }),
  z.object({ type: z.literal('paused') }),
  z.object({ type: z.literal('resumed') }),
  z.object({ type: z.literal('finish_requested') }),
  z.object({ type: z.literal('ended'), outcome: z.enum(['completed', 'rolled_back']) }),
]);
export type EventBody = z.infer<typeof bodySchema>;
export type EventType = EventBody['type'];
/** The events of one type, or of several. */
export type EventOf<T extends EventType> = Extract<JournalEvent, { type: T }>;

const envelopeSchema = z.object({
  v: z.literal(1),
  seq: z.number().int(),
  atMs: z.number(),
  actor: actorSchema,
});

/** One line of the journal as it is stored. `seq` counts from 0 without gaps. An intersection would read each line twice and merge. */
const eventSchema = z.discriminatedUnion('type', lineSchemas(bodySchema.options));
export type JournalEvent = z.infer<typeof envelopeSchema> & EventBody;

/** Reads one stored line. A line that cannot be read is an error: unreadable state is never taken for an empty one. */
export function parseEvent(line: string): JournalEvent {
  return eventSchema.parse(JSON.parse(line)) as JournalEvent;
}

function lineSchemas([first, ...rest]: readonly [z.ZodObject, ...z.ZodObject[]]) {
  const inEnvelope = (body: z.ZodObject) => z.object({ ...envelopeSchema.shape, ...body.shape });
  return [inEnvelope(first), ...rest.map(inEnvelope)] as const;
}
