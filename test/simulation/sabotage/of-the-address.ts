import { openGate } from '../../../src/steps/fence.ts';
import { requirePlan } from '../../../src/steps/step-deps.ts';
import type { SimulationOptions } from '../simulate.ts';
import { notUndone, type Sabotage, withStep, withSteps } from './sabotage.ts';

/** The target never gets the address. */
const REFUSED: SimulationOptions = {
  patches: withStep('attach-target-address', () => ({
    run: async () => ({ kind: 'failed', error: { code: 'made_up', message: 'The cloud does not want to.' } }),
  })),
};

/** The move to the target is given up while it is under way. */
const GIVEN_UP: SimulationOptions = {
  patches: withStep('attach-target-address', (step) => ({
    run: async (context) => {
      const result = await step.run(context);
      const error = { code: 'made_up', message: 'It takes too long.' };
      return context.step.intents.length > 0 ? { kind: 'failed', error } : result;
    },
  })),
};

/** The looks at the end of a way back would put right what an undo before them left. */
const UNSEEN = [notUndone('await-approval'), notUndone('rehearse-fence')];

/** Breakages of the hand-over and of the way back before it. */
export const OF_THE_ADDRESS: readonly Sabotage[] = [
  {
    name: 'park the source at an address of its own choice',
    rule: 'addresses move only where people were shown',
    seed: 1,
    patches: () => ({
      cloud: (cloud) => ({
        ...cloud,
        changeAddress: (ref, to) =>
          cloud.changeAddress(ref, to.ip === '10.0.0.5' ? to : { ...to, ip: '10.0.0.250' }),
      }),
    }),
  },
  {
    name: 'open the source once the target serves',
    rule: 'once the target has the address the source is never made writable',
    seed: 1,
    patches: () =>
      withStep('probe', (step, deps) => ({
        run: async (context) => {
          const open = await openGate(deps, context, requirePlan(context.state).source);
          return open.kind === 'there' ? step.run(context) : open;
        },
      })),
  },
  {
    name: 'undo in the wrong order',
    rule: 'the source is writable only after the target has lost the address',
    seed: 1,
    options: GIVEN_UP,
    patches: () =>
      withSteps(
        withStep('attach-target-address', (_step, deps) => ({
          undo: async (context) => {
            const open = await openGate(deps, context, requirePlan(context.state).source);
            return open.kind === 'there' ? { kind: 'undone' } : open;
          },
        })),
      ),
  },
  {
    name: 'undo the hand-over without looking at the target',
    rule: 'nothing is put back while the target may hold the address',
    seed: 16,
    options: GIVEN_UP,
    patches: () =>
      withSteps(notUndone('attach-target-address'), notUndone('detach-source-address'), ...UNSEEN),
  },
  {
    name: 'leave the source fenced on the way back',
    rule: 'clients write to the source again when an upgrade was undone',
    seed: 1,
    patches: () => withSteps(notUndone('fence-source'), ...UNSEEN),
    options: REFUSED,
  },
  {
    name: 'leave the source parked on the way back',
    rule: 'a hand-over that fails heals to the source',
    seed: 1,
    patches: () => withSteps(notUndone('detach-source-address'), notUndone('fence-source'), ...UNSEEN),
    options: REFUSED,
  },
];
