import { expect, test } from 'vitest';
import { type PanelFacts, panelsOf } from '../../../../src/sandbox/world/panels.ts';

const facts: PanelFacts = {
  address: '127.42.1.10:6379',
  holder: 'crs-source01',
  instances: [
    {
      id: 'crs-source01',
      role: 'Source',
      version: '2.8 standard',
      address: '127.42.1.10:6379',
      state: 'running',
      readOnly: true,
    },
  ],
  traffic: undefined,
  copy: undefined,
  botRuns: true,
};

function rowsOf(changed: Partial<PanelFacts>): unknown[] {
  return panelsOf({ ...facts, ...changed }).flatMap(({ rows }) => rows);
}

test('who holds the address is good news, an orphaned address bad', () => {
  expect(rowsOf({})).toContainEqual(['Held by', 'crs-source01', 'good']);
  expect(rowsOf({ holder: undefined })).toContainEqual(['Held by', 'nobody', 'bad']);
});

test('a read-only source is shown as one that refuses writes', () => {
  expect(rowsOf({})).toContainEqual(['Writes', 'refused', 'warning']);
});

test('the lag of a running copy is told, an unknown one is not called 0', () => {
  const copy = {
    phase: 'incremental',
    percent: 100,
    keysCopied: 20_000,
    keysTotal: 20_000,
    lagBytes: 4_096,
    error: undefined,
  } as const;
  expect(rowsOf({ copy })).toContainEqual(['Lag', '4,096 bytes']);
  expect(rowsOf({ copy: { ...copy, lagBytes: -1 } })).toContainEqual(['Lag', 'unknown']);
});
