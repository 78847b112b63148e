import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startLiveView, type Terminal, trafficLine } from '../../../../src/sandbox/demo/live-view.ts';

const facts = { traffic: undefined, copy: undefined, holder: undefined };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function record(options: { isTTY: boolean; colour: boolean }) {
  let written = '';
  const terminal: Terminal = {
    isTTY: options.isTTY,
    columns: 60,
    write: (text) => {
      written += text;
    },
  };
  const view = startLiveView({ terminal, colour: options.colour, now: () => 1_500, facts: () => facts });
  return { view, written: () => written };
}

const esc = String.fromCharCode(27);

test('without a terminal every step is a plain line with its time, and nothing is redrawn', () => {
  const { view, written } = record({ isTTY: false, colour: false });
  view.line({ type: 'step_started', step: 'drain', atMs: 1_000 });
  view.line({ type: 'step_succeeded', step: 'drain', atMs: 1_250 });
  view.line({ type: 'step_noted', step: 'drain', atMs: 1_260 });
  view.stop();
  expect(written()).toBe('  … drain\n  ✓ drain in 0.25 s\n');
});

test('a failed step tells why', () => {
  const { view, written } = record({ isTTY: false, colour: false });
  view.line({
    type: 'step_failed',
    step: 'drain',
    atMs: 1,
    error: { code: 'lag', message: 'The lag grows.' },
  });
  view.stop();
  expect(written()).toBe('  ✗ drain: The lag grows.\n');
});

test('on a terminal the steps are redrawn in place, the running one with the time so far', () => {
  const { view, written } = record({ isTTY: true, colour: false });
  view.line({ type: 'step_started', step: 'assess', atMs: 1_000 });
  expect(written()).toMatch(/… assess +0\.50 s/);
  view.line({ type: 'step_succeeded', step: 'assess', atMs: 1_200 });
  expect(written()).toContain(`${esc}[3A${esc}[J`);
  expect(written()).toMatch(/✓ assess +0\.20 s/);
  view.stop();
});

test('without colour there is none', () => {
  const plain = record({ isTTY: true, colour: false });
  const coloured = record({ isTTY: true, colour: true });
  for (const { view } of [plain, coloured]) {
    view.line({ type: 'step_started', step: 'assess', atMs: 1_000 });
    view.stop();
  }
  expect(plain.written()).not.toContain(`${esc}[33m`);
  expect(coloured.written()).toContain(`${esc}[33m…${esc}[0m`);
});

test('an address nobody holds is said, not left out', () => {
  const traffic = {
    acknowledgedWrites: 10,
    scriptedWrites: 0,
    refusedWrites: 0,
    refusedBy: {},
    unknownWrites: 0,
    lostWrites: 0,
    reads: 0,
    failedReads: 0,
    writeGap: { ms: 12.4, fromEpochMs: 0 },
    readGap: { ms: 0, fromEpochMs: 0 },
    clientWriteGapMs: 20,
    writesLastSecond: 1_200,
    readsLastSecond: 400,
    writesPerSecond: 1_200,
  };
  expect(trafficLine({ ...facts, traffic })).toBe(
    '  traffic: 1200 writes/s, 400 reads/s, 10 acknowledged, 0 refused, gap 12 ms, address: nobody',
  );
});
