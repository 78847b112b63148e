import { describe, expect, it } from 'vitest';
import type { EventBody, JournalEvent } from '../../../src/upgrade/events.ts';
import { foldJournal } from '../../../src/upgrade/fold.ts';
import { ABORTED, eventAt, GOOD_JOURNAL, journal, REQUESTED } from './samples.ts';

const STARTED: EventBody = { type: 'step_started', step: 'assess' };

/** As the store's journal gives them: the same frozen objects at every reading. */
function read(bodies: readonly EventBody[]): JournalEvent[] {
  return journal([...bodies]).map((event) => Object.freeze(event));
}

describe('what is known of a journal that was folded before', () => {
  it('gives at every length the state that folding from the beginning gives', () => {
    const events = read(GOOD_JOURNAL);
    for (let length = 1; length <= events.length; length += 1) {
      expect(foldJournal(events.slice(0, length))).toEqual(
        foldJournal(journal(GOOD_JOURNAL.slice(0, length))),
      );
    }
  });

  it('is used: the same events give the same object', () => {
    const events = read(GOOD_JOURNAL);
    expect(foldJournal([...events])).toBe(foldJournal(events));
  });

  it('goes as far as the journals are the same, when a store lost its last lines and others took their place', () => {
    const [requested, ...lost] = read([REQUESTED, STARTED]);
    if (requested === undefined) throw new Error('There is no first event');
    foldJournal([requested, ...lost]);
    const instead = [requested, Object.freeze(eventAt(1, ABORTED))];
    expect(foldJournal(instead)).toEqual(foldJournal(journal([REQUESTED, ABORTED])));
    expect(foldJournal([requested, ...lost])).toEqual(foldJournal(journal([REQUESTED, STARTED])));
  });

  it('is not taken for what came of the same event behind another one', () => {
    const last = Object.freeze(eventAt(1, STARTED));
    const other: EventBody = { ...REQUESTED, channel: 'C-OTHER' } as EventBody;
    foldJournal([...read([REQUESTED]), last]);
    expect(foldJournal([...read([other]), last]).channel).toBe('C-OTHER');
  });

  it('cannot be changed by whoever was given it', () => {
    const state = foldJournal(read([REQUESTED, STARTED]));
    expect(() => Object.assign(state, { paused: true })).toThrow(TypeError);
    expect(() => Object.assign(state.steps, { assess: undefined })).toThrow(TypeError);
  });

  it('is not kept of events that somebody can still change', () => {
    const events = journal([REQUESTED, STARTED]);
    expect(foldJournal(events)).not.toBe(foldJournal(events));
  });
});
