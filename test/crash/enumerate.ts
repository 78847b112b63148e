import { describe, expect, it } from 'vitest';
import type { StepDefinition } from '../../src/upgrade/step-definition.ts';
import type { StepName } from '../../src/upgrade/steps.ts';
import type { RunReport } from '../simulation/simulate.ts';
import { crashPoints } from './crash-points.ts';
import {
  failAfter,
  failBefore,
  type Injection,
  repeat,
  together,
  undoFailsForGood,
  undoFailsOnce,
  undoMeetsTrouble,
  undoTwice,
} from './injections.ts';
import { faultsOf, type Journey, travel } from './journeys.ts';
import { wordsOf } from './words.ts';

/** One run takes hundredths of a second, on a busy machine seconds. */
const TIMEOUT_MS = 60_000;

/** Every case of a journey, made from its step list and from its journal; what is expected follows from a step's place alone. */
export async function enumerate(journey: Journey): Promise<void> {
  const steps = await definitionsOf(journey);
  const points = await crashPoints(journey);
  const place = journey.steps.indexOf(journey.commits);
  const until = journey.steps.slice(0, place + 1);
  const behind = journey.steps.slice(place + 1);
  const undos = until.filter((name) => typeof steps[name].undo === 'function');

  describe(journey.name, { timeout: TIMEOUT_MS }, () => {
    it('arrives when it is left alone', async () => {
      expectWell(await travel(journey), journey.arrives);
    });

    it.each(until)('turns back when %s fails before its effect', async (name) => {
      expectWell(await play(journey, failBefore(name)), journey.turnsBack);
    });

    it.each(until.slice(0, -1))('turns back when %s fails after its effect', async (name) => {
      expectWell(await play(journey, failAfter(name)), journey.turnsBack);
    });

    it(`never loses a write when ${journey.commits} fails after its effect`, async () => {
      const report = await play(journey, failAfter(journey.commits));

      expect(report.violations).toEqual([]);
      expect(['stuck', journey.turnsBack, journey.arrives]).toContain(report.outcome);
    });

    it.each(behind)('waits for a person and arrives when %s fails before its effect', async (name) => {
      expectWell(await play(journey, failBefore(name)), journey.arrives);
    });

    it.each(behind)('waits for a person and arrives when %s fails after its effect', async (name) => {
      expectWell(await play(journey, failAfter(name)), journey.arrives);
    });

    it.each(journey.steps)('arrives when %s is repeated', async (name) => {
      expectWell(await play(journey, repeat(name)), journey.arrives);
    });

    it.each(points)('arrives after a crash $when $what', async ({ fault }) => {
      const report = await travel(journey, { fault });

      expect([...report.faultIds].sort()).toEqual([...faultsOf(journey), fault].sort());
      expectWell(report, journey.arrives);
    });

    describe('turned back at its last moment', () => {
      const turnedBack = (injection: Injection) =>
        play(journey, together(failBefore(journey.commits), injection));

      it.each(undos)('undoes %s twice', async (name) => {
        expectWell(await turnedBack(undoTwice(name)), journey.turnsBack);
      });

      it.each(undos)('goes on when the undo of %s meets trouble', async (name) => {
        expectWell(await turnedBack(undoMeetsTrouble(name)), journey.turnsBack);
      });

      it.each(undos)('goes on with a person when the undo of %s fails once', async (name) => {
        expectWell(await turnedBack(undoFailsOnce(name)), journey.turnsBack);
      });

      it.each(undos)('is stuck, and says what is where, when the undo of %s fails for good', async (name) => {
        const report = await turnedBack(undoFailsForGood(name));

        expectWell(report, 'stuck');
        const words = wordsOf(report, steps);
        expect(words).toContain(name);
        expect(words).toMatch(/is held by crs-(source|target)|BETWEEN the two instances/);
        expect(words).toContain('resume up-');
      });
    });
  });
}

/** The definitions as the product builds them, for what they say of themselves. */
async function definitionsOf(journey: Journey): Promise<Record<StepName, StepDefinition>> {
  let found: Record<StepName, StepDefinition> | undefined;
  await travel(journey, {
    patches: {
      steps: (steps) => {
        found = steps;
        return steps;
      },
    },
  });
  if (found === undefined) throw new Error('The simulation did not build the steps');
  return found;
}

async function play(journey: Journey, injection: Injection): Promise<RunReport> {
  const report = await travel(journey, { patches: injection.patches });
  expect(injection.struck(), 'it never came to what was to go wrong').toBeGreaterThan(0);
  return report;
}

function expectWell(report: RunReport, outcome: RunReport['outcome']): void {
  expect(report.violations).toEqual([]);
  expect(report.outcome).toBe(outcome);
}
