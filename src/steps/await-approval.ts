import { digestOf } from '../upgrade/plan.ts';
import type { StepDefinition } from '../upgrade/step-definition.ts';
import { readApprovalFacts, readEvidence } from './approval-facts.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';

/** While it waits it is looked at this often, to notice the expiry; a click rings at once. */
const LOOK_MS = 60_000;

/** Posts the evidence and waits for the button. */
export function createAwaitApproval(deps: StepDeps): StepDefinition {
  return {
    name: 'await-approval',
    title: 'Wait for approval',
    describe: () => 'posts the evidence and waits for an approver',
    describeUndo: 'nothing to undo',
    undo: { none: 'asking changes nothing' },
    patienceMs: deps.settings.patienceMs,
    async run(context) {
      const { approval } = context.state;
      if (approval?.status === 'given') {
        return { kind: 'succeeded', output: { approvalId: approval.id, summary: 'approved' } };
      }
      if (approval?.status === 'waiting') {
        const leftMs = Math.max(0, approval.expiresAtMs - context.nowMs);
        return { kind: 'again', afterMs: Math.min(LOOK_MS, leftMs) };
      }
      const plan = requirePlan(context.state);
      const facts = await readApprovalFacts(deps, context.state, plan);
      const evidence = await readEvidence(deps, context.state, plan);
      return {
        kind: 'decided',
        event: {
          type: 'approval_requested',
          approvalId: deps.newApprovalId(),
          digest: digestOf(facts),
          facts,
          evidence,
          expiresAtMs: context.nowMs + deps.settings.approvalTtlMs,
        },
      };
    },
  };
}
