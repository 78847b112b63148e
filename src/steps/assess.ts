import { describeKind } from '../upgrade/instance.ts';
import { digestOf, type Plan, shortDigest } from '../upgrade/plan.ts';
import type { StepDefinition } from '../upgrade/step-definition.ts';
import { assessPair } from './assessment.ts';
import type { StepDeps } from './step-deps.ts';

/** Reads both instances, checks every prerequisite, writes the plan and its digest. */
export function createAssess(deps: StepDeps): StepDefinition {
  return {
    name: 'assess',
    title: 'Assess both instances',
    describe: (plan) =>
      plan === undefined
        ? 'reads both instances and checks every prerequisite'
        : `${plan.source.version} ${plan.source.edition} to ${plan.target.version} ${plan.target.edition}, ${plan.keys} keys, ${plan.usedMemoryMb} MB`,
    describeUndo: 'nothing to undo: it only reads',
    undo: { none: 'it only reads' },
    patienceMs: deps.settings.patienceMs,
    async run(context) {
      const assessed = await assessPair(deps, context.state);
      if (!assessed.ok) {
        return { kind: 'failed', error: { code: assessed.refusal.code, message: assessed.refusal.message } };
      }
      const { plan, problems, source, target } = assessed.value;
      if (plan === undefined)
        return { kind: 'failed', error: { code: 'not_ready', message: problems.join(' ') } };
      const digest = digestOf(plan);
      return {
        kind: 'succeeded',
        output: {
          plan,
          digest,
          summary: `${describeKind(source)} to ${describeKind(target)}, ${plan.keys} keys, ${plan.usedMemoryMb} MB; plan ${shortDigest(digest)}${replaced(plan)}`,
        },
      };
    },
  };
}

function replaced({ replacesCopyOf, target }: Plan): string {
  return replacesCopyOf === undefined
    ? ''
    : `; the copy that ${replacesCopyOf} left on ${target.id} is deleted first`;
}
