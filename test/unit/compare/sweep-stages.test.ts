import { describe, expect, it } from 'vitest';
import { type ComparisonState, freshState } from '../../../src/compare/sweep/checkpoint.ts';
import { enterNextStage, restartStage } from '../../../src/compare/sweep/sweep.ts';

const KEY = Buffer.from('key');

function stateAt(at: Partial<ComparisonState>): ComparisonState {
  const state = { ...freshState(), databases: [0, 1], ...at };
  state.fingerprint.add(KEY);
  return state;
}

describe('the stages of a sweep', () => {
  it('look for extra keys only where the two sides did not name the same', () => {
    const state = stateAt({ cursor: 'end', countCursor: 'end' });
    enterNextStage(state);
    expect(state).toMatchObject({ stage: 'extras', cursor: '0', databaseIndex: 0 });
    const balanced = stateAt({ cursor: 'end', countCursor: 'end' });
    balanced.fingerprint.remove(KEY);
    enterNextStage(balanced);
    expect(balanced).toMatchObject({ stage: 'values', cursor: '0', countCursor: '0', databaseIndex: 1 });
  });

  it('end behind the last database', () => {
    const state = stateAt({ stage: 'extras', cursor: 'end', countCursor: 'end', databaseIndex: 1 });
    enterNextStage(state);
    expect(state.stage).toBe('finished');
  });
});

describe('a server that was restarted', () => {
  it('is listed anew, and so is the other side: half a list proves nothing', () => {
    const state = stateAt({ cursor: '17', countCursor: '4' });
    restartStage(state);
    expect(state).toMatchObject({ stage: 'values', cursor: '0', countCursor: '0' });
    expect(state.fingerprint.isZero()).toBe(true);
  });

  it('has every key of the target asked for when the source was listed to its end', () => {
    const state = stateAt({ cursor: 'end', countCursor: '4' });
    restartStage(state);
    expect(state).toMatchObject({ stage: 'extras', cursor: '0' });
    expect(state.fingerprint.isBalanced(Buffer.from('any other key'))).toBe(false);
  });

  it('is not listed again once everything was looked at', () => {
    const state = stateAt({ stage: 'finished', cursor: '0' });
    restartStage(state);
    expect(state.stage).toBe('finished');
  });
});
