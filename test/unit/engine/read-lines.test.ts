import { describe, expect, it } from 'vitest';
import { ReadLines } from '../../../src/engine/read-lines.ts';
import { GOOD_JOURNAL, journal } from '../upgrade/samples.ts';

const EVENTS = journal(GOOD_JOURNAL);
const LINES = EVENTS.map((event) => JSON.stringify(event));

describe('lines of a journal that were read before', () => {
  it('give the same events again, and only what is new is parsed', () => {
    const lines = new ReadLines();
    const first = lines.parse('up-1', LINES.slice(0, 5));
    const second = lines.parse('up-1', LINES);
    expect(second).toEqual(EVENTS);
    for (const [index, event] of first.entries()) expect(second[index]).toBe(event);
  });

  it('are read afresh where the store has others by now', () => {
    const lines = new ReadLines();
    const first = lines.parse('up-1', LINES.slice(0, 3));
    const other = { ...EVENTS[2], atMs: 7 };
    const second = lines.parse('up-1', [...LINES.slice(0, 2), JSON.stringify(other)]);
    expect(second[1]).toBe(first[1]);
    expect(second[2]).toEqual(other);
  });

  it('are told apart by upgrade', () => {
    const lines = new ReadLines();
    const [event] = lines.parse('up-1', LINES.slice(0, 1));
    expect(lines.parse('up-2', LINES.slice(0, 1))[0]).not.toBe(event);
  });

  it('are refused each time when one cannot be read', () => {
    const lines = new ReadLines();
    lines.parse('up-1', LINES.slice(0, 2));
    const broken = [...LINES.slice(0, 2), '{'];
    expect(() => lines.parse('up-1', broken)).toThrow(SyntaxError);
    expect(() => lines.parse('up-1', broken)).toThrow(SyntaxError);
    expect(lines.parse('up-1', LINES.slice(0, 3))).toEqual(EVENTS.slice(0, 3));
  });

  it('give events that nobody can change, and a list that everybody may', () => {
    const lines = new ReadLines();
    const first = lines.parse('up-1', LINES);
    expect(() => Object.assign(first[0]?.actor ?? {}, { id: 'U-OTHER' })).toThrow(TypeError);
    first.length = 0;
    expect(lines.parse('up-1', LINES)).toEqual(EVENTS);
  });

  it('are forgotten for the upgrade that was read longest ago', () => {
    const lines = new ReadLines();
    const [event] = lines.parse('up-first', LINES.slice(0, 1));
    for (let number = 0; number < 32; number += 1) lines.parse(`up-${number}`, LINES.slice(0, 1));
    expect(lines.parse('up-first', LINES.slice(0, 1))[0]).not.toBe(event);
  });
});
