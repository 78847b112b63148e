import type { Journal } from '../../../src/engine/journal.ts';
import { readApprovalFacts } from '../../../src/steps/approval-facts.ts';
import { requirePlan } from '../../../src/steps/step-deps.ts';
import { foldJournal } from '../../../src/upgrade/fold.ts';
import { digestOf } from '../../../src/upgrade/plan.ts';
import { currentApproval } from '../../../src/upgrade/state.ts';
import type { Patches } from '../bot.ts';
import { PEOPLE } from '../people.ts';
import type { SimulationOptions } from '../simulate.ts';
import { type Sabotage, withStep } from './sabotage.ts';

/** The target changes while people think, so that there is an older request, and somebody clicks on it. */
const CLICKS_ON_OLD: SimulationOptions = {
  faults: { kinds: ['target-resized'], intensity: 2 },
  people: (script) => ({
    ...script,
    manner: 'approve',
    hesitationMs: 20_000,
    impulses: [20_000, 40_000, 60_000].map((atMs) => ({
      id: `old#${atMs}`,
      atMs,
      who: PEOPLE.second,
      action: 'approve-old',
    })),
  }),
};

/** Breakages of who may decide, about what, and for how long. */
export const OF_THE_APPROVAL: readonly Sabotage[] = [
  {
    name: 'let the bot approve',
    rule: 'a person approves',
    seed: 1,
    patches: () =>
      withStep('await-approval', (step) => ({
        run: async (context) => {
          const { approval } = context.state;
          if (approval?.status !== 'waiting') return step.run(context);
          const { id, digest } = approval;
          return { kind: 'decided', event: { type: 'approval_given', approvalId: id, digest } };
        },
      })),
  },
  {
    name: 'accept the approval of a stranger',
    rule: 'approvers are those who are configured',
    seed: 1,
    patches: () => acceptingFrom(PEOPLE.stranger),
  },
  {
    name: 'accept the approval of the requester',
    rule: 'four eyes',
    seed: 2,
    patches: () => acceptingFrom(PEOPLE.requester),
  },
  {
    name: 'accept the approval of an older request',
    rule: 'an approval counts for exactly what was shown',
    seed: 1,
    options: CLICKS_ON_OLD,
    patches: () => acceptingFor((approvalId, current) => approvalId !== current),
  },
  {
    name: 'accept any digest',
    rule: 'an approval is pinned to the digest',
    seed: 1,
    patches: () => ({
      journal: (journal) => ({
        ...journal,
        append: (upgradeId, event, token) =>
          journal.append(
            upgradeId,
            event.type === 'approval_given' ? { ...event, digest: '0'.repeat(64) } : event,
            token,
          ),
      }),
    }),
  },
  {
    name: 'do not look whether the facts are still those that were approved',
    rule: 'drifted facts are approved again',
    seed: 54,
    options: {
      faults: { kinds: ['target-resized'], intensity: 2 },
      people: (script) => ({ ...script, manner: 'approve', hesitationMs: 50_000 }),
    },
    patches: () =>
      withStep('check-gates', (step, deps) => ({
        run: async (context) => {
          const { state } = context;
          if (state.approval === undefined) return step.run(context);
          const digest = digestOf(await readApprovalFacts(deps, state, requirePlan(state)));
          const approval = { ...state.approval, digest };
          return step.run(Object.create(context, { state: { value: { ...state, approval } } }));
        },
      })),
  },
  {
    name: 'ignore the expiry of an approval request',
    rule: 'expiry means rejected',
    seed: 10,
    patches: () => ({ journal: (journal) => readAs(journal, neverExpiring) }),
  },
  {
    name: 'rehearse the fence with the fence itself',
    rule: 'nothing is fenced before it was approved',
    seed: 1,
    patches: () =>
      withStep('rehearse-fence', (step, deps) => ({
        run: async (context) => {
          const result = await step.run(context);
          if (result.kind === 'succeeded')
            await deps.cloud.setReadOnly(requirePlan(context.state).source, true);
          return result;
        },
      })),
  },
];

type Line = Awaited<ReturnType<Journal['read']>>[number];

/** Everybody who reads the journal reads it so; what is written stays as it is. */
export function readAs(journal: Journal, change: (line: Line) => Line): Journal {
  return { ...journal, read: async (upgradeId) => (await journal.read(upgradeId)).map(change) };
}

function neverExpiring(line: Line): Line {
  return 'expiresAtMs' in line ? { ...line, expiresAtMs: Number.MAX_SAFE_INTEGER } : line;
}

function acceptingFrom(who: string): Patches {
  return careless((person) => person === who);
}

function acceptingFor(accepts: (approvalId: string, current: string) => boolean): Patches {
  return careless((_person, approvalId, current) => accepts(approvalId, current));
}

/** A service that takes some approvals without any check and writes them down as if they were for the request of the moment. */
function careless(takes: (person: string, approvalId: string, current: string) => boolean): Patches {
  let journal: Journal;
  return {
    journal: (real) => {
      journal = real;
      return real;
    },
    service: (service) => {
      const mine = journal;
      return {
        ...service,
        decide: async (person, decision) => {
          const { state, current } = await currentRequest(mine, decision.approvalId);
          const isTaken = current !== undefined && takes(person.id, decision.approvalId, current.id);
          if (state === undefined || decision.verdict !== 'approve' || !isTaken)
            return service.decide(person, decision);
          const { id: approvalId, digest, requestedAtMs: atMs } = current;
          const event = { v: 1, seq: state.length, atMs, actor: person } as const;
          await mine.append(state.id, { ...event, type: 'approval_given', approvalId, digest }, undefined);
          return service.view(state.id);
        },
      };
    },
  };
}

async function currentRequest(journal: Journal, approvalId: string) {
  const upgradeId = await journal.upgradeOfApproval(approvalId);
  const events = upgradeId === undefined ? [] : await journal.read(upgradeId);
  const state = events.length === 0 ? undefined : foldJournal(events);
  const current = state === undefined ? undefined : currentApproval(state);
  return { state, current: current?.status === 'waiting' ? current : undefined };
}
