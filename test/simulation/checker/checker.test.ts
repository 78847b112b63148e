import { describe, expect, it } from 'vitest';
import type { Entry, Happening } from '../history.ts';
import { checkHistory } from './check-history.ts';
import type { LastWord } from './last-word.ts';

const SOURCE = 'crs-source';
const TARGET = 'crs-target';
const OLD = { ip: '10.0.0.5', port: 6379 };
const PARKING = { ip: '10.0.0.99', port: 6379 };
const FACTS = { source: { id: SOURCE }, target: { id: TARGET }, oldAddress: OLD, parkingAddress: PARKING };
/** SHA-256 over the facts above with their keys in order. */
const DIGEST = '927ad26f6c39174da7cc23d769c8e0eb2b00fb00becc684f232516357cbf9c10';

function last(more: Partial<LastWord> = {}): LastWord {
  return {
    outcome: 'completed',
    source: SOURCE,
    target: TARGET,
    oldAddress: OLD,
    switch: 'address',
    cutoverBudgetMs: 60_000,
    rollbackBudgetMs: 60_000,
    holder: TARGET,
    writable: [TARGET],
    values: { [TARGET]: {}, [SOURCE]: {} },
    liveJobs: [],
    heldInstances: [],
    unfinished: [],
    upgrades: [],
    stored: [],
    secrets: ['hunter2'],
    ...more,
  };
}

/** A history with a second between two entries. */
function history(...happenings: Happening[]): Entry[] {
  return happenings.map((happening, index) => ({ t: index * 1_000, ...happening }));
}

function line(type: string, who: string, more: object = {}): Happening {
  const event = { type, actor: { kind: 'person', id: who }, ...more };
  return { kind: 'journal', upgrade: 'up-1', process: 'bot-1', line: JSON.stringify(event) };
}

const HELD: Happening = { kind: 'address', instance: SOURCE, ...OLD, by: 'seed' };
const LEASE: Happening = { kind: 'lease', upgrade: 'up-1', process: 'bot-1', token: 't-1' };
const call = (action: string, ...args: unknown[]): Happening => ({
  kind: 'call',
  process: 'bot-1',
  token: 't-1',
  action,
  args,
  call: 1,
});
const write = (op: number, value: string): Happening[] => [
  { kind: 'invoke', client: 'client-1', op, key: 'k', value },
  { kind: 'executed', client: 'client-1', op, instance: SOURCE },
  { kind: 'acknowledged', client: 'client-1', op },
];
const broken = (entries: Entry[], word: LastWord) => [
  ...new Set(checkHistory(entries, word).map(({ invariant }) => invariant)),
];

describe('no-lost-write', () => {
  const found = (value: string | null) => last({ values: { [TARGET]: { k: value }, [SOURCE]: { k: 'v2' } } });

  it('misses an acknowledged write that an older one hides', () => {
    expect(broken(history(...write(1, 'v1'), ...write(2, 'v2')), found('v1'))).toEqual(['no-lost-write']);
    expect(broken(history(...write(1, 'v1'), ...write(2, 'v2')), found(null))).toEqual(['no-lost-write']);
    expect(broken(history(...write(1, 'v1'), ...write(2, 'v2')), found('v2'))).toEqual([]);
  });

  it('lets a write of unknown fate be there or not', () => {
    const unknown: Happening[] = [
      { kind: 'invoke', client: 'client-1', op: 2, key: 'k', value: 'v2' },
      { kind: 'unknown', client: 'client-1', op: 2 },
    ];
    expect(broken(history(...write(1, 'v1'), ...unknown), found('v1'))).toEqual([]);
    expect(broken(history(...write(1, 'v1'), ...unknown), found('v2'))).toEqual([]);
  });

  it('does not take a refused write for one that counts', () => {
    const refused: Happening[] = [
      { kind: 'invoke', client: 'client-1', op: 2, key: 'k', value: 'v2' },
      { kind: 'refused', client: 'client-1', op: 2 },
    ];
    expect(broken(history(...write(1, 'v1'), ...refused), found('v2'))).toEqual(['no-lost-write']);
  });
});

describe('one-writer', () => {
  it('sees the old source take a write while the target holds the address', () => {
    const moved: Happening[] = [
      { kind: 'address', instance: SOURCE, ...PARKING, by: 'cloud' },
      { kind: 'address', instance: TARGET, ...OLD, by: 'cloud' },
    ];
    const entries = history(HELD, ...moved, {
      kind: 'executed',
      client: 'client-1',
      op: 1,
      instance: SOURCE,
    });
    expect(broken(entries, last())).toEqual(['one-writer']);
  });
});

describe('one-writer, at the gates', () => {
  const gate = (readOnly: boolean): Happening => ({ kind: 'gate', instance: SOURCE, readOnly });
  const handOver: Happening[] = [
    { kind: 'address', instance: SOURCE, ...PARKING, by: 'cloud' },
    { kind: 'address', instance: TARGET, ...OLD, by: 'cloud' },
  ];
  const open = last({ outcome: 'unfinished' });

  it('sees a source that was fenced and is open again although the target serves', () => {
    expect(broken(history(HELD, gate(true), ...handOver, gate(false)), open)).toEqual(['one-writer']);
    expect(broken(history(HELD, gate(true), gate(false), ...handOver), open)).toEqual(['one-writer']);
    expect(broken(history(HELD, gate(true), ...handOver), open)).toEqual([]);
  });

  it('lets a rollback open it', () => {
    const asked = line('rollback_requested', 'U-REQUESTER');
    expect(broken(history(HELD, gate(true), ...handOver, asked, gate(false)), open)).toEqual([]);
  });
});

describe('address-never-orphaned', () => {
  const away: Happening = { kind: 'address', instance: SOURCE, ...PARKING, by: 'cloud' };

  it('sees an address that nobody holds for too long, unless a person was called', () => {
    const late: Entry = { t: 3_600_000, kind: 'said', upgrade: 'up-1', status: '', text: '' };
    const open = last({ outcome: 'unfinished', holder: undefined });
    expect(broken([...history(HELD, away), late], open)).toEqual(['address-never-orphaned']);
    expect(broken([...history(HELD, away, line('undo_failed', 'w')), late], open)).toEqual([]);
  });

  it('sees an upgrade that ended without anybody at the address', () => {
    expect(broken(history(HELD, away), last({ holder: undefined }))).toContain('address-never-orphaned');
  });
});

describe('no-cutover-without-approval', () => {
  const asked = line('approval_requested', 'w', { approvalId: 'ap-1', digest: DIGEST, facts: FACTS });
  const clicked: Happening = {
    kind: 'asked',
    who: 'U-APPROVER',
    action: 'approve',
    upgrade: 'up-1',
    approvalId: 'ap-1',
    click: 1,
  };
  const given = (who = 'U-APPROVER', digest = DIGEST) =>
    line('approval_given', who, { approvalId: 'ap-1', digest });
  const start = [HELD, LEASE, line('requested', 'U-REQUESTER'), asked, clicked];
  const fence = call('setReadOnly', SOURCE, true);
  const open = last({ outcome: 'unfinished' });

  it('is content with an approval of exactly what was shown', () => {
    const moves = [call('changeAddress', SOURCE, PARKING.ip, 6379)];
    expect(broken(history(...start, given(), fence, ...moves), open)).toEqual([]);
  });

  it.each([
    ['nobody approved', []],
    ['it became void', [given(), line('approval_voided', 'w', { approvalId: 'ap-1' })]],
    ['the requester approved', [{ ...clicked, who: 'U-REQUESTER' }, given('U-REQUESTER')]],
    ['a stranger approved', [{ ...clicked, who: 'U-STRANGER' }, given('U-STRANGER')]],
    ['the digest is another one', [given('U-APPROVER', 'ffff')]],
    ['the approver never clicked', [given('U-SECOND')]],
  ] as [string, Happening[]][])('sees a fence although %s', (_what, decisions) => {
    expect(broken(history(...start, ...decisions, fence), open)).toEqual(['no-cutover-without-approval']);
  });

  it('sees an approval that was given too late', () => {
    const short = line('approval_requested', 'w', {
      approvalId: 'ap-1',
      digest: DIGEST,
      facts: FACTS,
      expiresAtMs: 9,
    });
    const late = line('approval_given', 'U-APPROVER', { approvalId: 'ap-1', digest: DIGEST, atMs: 10 });
    const requested = line('requested', 'U-REQUESTER');
    expect(broken(history(HELD, LEASE, requested, short, clicked, late), open)).toEqual([
      'no-cutover-without-approval',
    ]);
  });

  it('sees a fence long after the target has become another one', () => {
    const resized: Happening = { kind: 'resized', instance: TARGET, memoryMb: 4_096 };
    const wait: Happening[] = Array.from({ length: 70 }, () => ({ kind: 'store-lost', sinceMs: 0 }));
    expect(broken(history(...start, given(), resized, ...wait, fence), open)).toEqual([
      'no-cutover-without-approval',
    ]);
    expect(broken(history(...start, given(), resized, fence), open)).toEqual([]);
  });

  it('sees an address that moves to where nobody was shown', () => {
    const elsewhere = call('changeAddress', SOURCE, '10.0.0.66', 6379);
    expect(broken(history(...start, given(), elsewhere), open)).toEqual(['no-cutover-without-approval']);
  });

  it('lets the address go back to where it came from', () => {
    const away: Happening = { kind: 'address', instance: SOURCE, ...PARKING, by: 'cloud' };
    const back = call('changeAddress', SOURCE, OLD.ip, OLD.port);
    const home: Happening = { kind: 'address', instance: SOURCE, ...OLD, by: 'cloud' };
    expect(broken(history(HELD, LEASE, away, back, home), last({ outcome: 'unfinished' }))).toEqual([]);
  });
});

describe('the way back', () => {
  const moved: Happening[] = [
    { kind: 'address', instance: SOURCE, ...PARKING, by: 'cloud' },
    { kind: 'address', instance: TARGET, ...OLD, by: 'cloud' },
  ];
  const cutover: Happening[] = [
    line('requested', 'U-REQUESTER'),
    line('approval_requested', 'w', { approvalId: 'ap-1', digest: DIGEST, facts: FACTS }),
    { kind: 'asked', who: 'U-APPROVER', action: 'approve', upgrade: 'up-1', approvalId: 'ap-1', click: 1 },
    line('approval_given', 'U-APPROVER', { approvalId: 'ap-1', digest: DIGEST }),
  ];
  const asked = line('rollback_approval_requested', 'w', {
    approvalId: 'ap-2',
    digest: DIGEST,
    facts: FACTS,
  });
  const given = (who: string): Happening[] => [
    { kind: 'asked', who, action: 'approve', upgrade: 'up-1', approvalId: 'ap-2', click: 2 },
    line('approval_given', who, { approvalId: 'ap-2', digest: DIGEST }),
  ];
  const start = [HELD, LEASE, ...cutover, ...moved, line('rollback_requested', 'U-APPROVER'), asked];
  const open = last({ outcome: 'unfinished' });

  it.each([
    ['fences the target', call('setReadOnly', TARGET, true)],
    ['opens the source', call('setReadOnly', SOURCE, false)],
    ['moves the target away', call('changeAddress', TARGET, PARKING.ip, 6379)],
  ])('takes an approval of its own before it %s', (_what, act) => {
    expect(broken(history(...start, act), open)).toEqual(['no-cutover-without-approval']);
    expect(broken(history(...start, ...given('U-APPROVER'), act), open)).toEqual([
      'no-cutover-without-approval',
    ]);
    expect(broken(history(...start, ...given('U-SECOND'), act), open)).toEqual([]);
  });

  it('says exactly what a fast rollback loses, or at most', () => {
    const taken: Happening = { kind: 'executed', client: 'client-1', op: 1, instance: TARGET };
    const said = (lostWrites: number, exact: boolean) =>
      history(HELD, ...moved, taken, {
        ...line('step_succeeded', 'w', { step: 'count-lost-writes', output: { lostWrites, exact } }),
      });
    expect(broken(said(1, true), open)).toEqual([]);
    expect(broken(said(2, false), open)).toEqual([]);
    expect(broken(said(2, true), open)).toEqual(['honest-loss']);
    expect(broken(said(0, false), open)).toEqual(['honest-loss']);
  });
});

describe('a fast rollback that waits for a person half-way', () => {
  const counted = line('step_succeeded', 'w', {
    step: 'count-lost-writes',
    output: { lostWrites: 1, exact: true },
  });
  const begun = history(
    { kind: 'address', instance: TARGET, ...OLD, by: 'cloud' },
    { kind: 'invoke', client: 'client-1', op: 1, key: 'k', value: 'a' },
    { kind: 'executed', client: 'client-1', op: 1, instance: TARGET },
    { kind: 'acknowledged', client: 'client-1', op: 1 },
    counted,
    { kind: 'address', instance: TARGET, ...PARKING, by: 'cloud' },
    { kind: 'address', instance: SOURCE, ...OLD, by: 'cloud' },
  );
  const upgrades = [{ id: 'up-1', events: [JSON.stringify({ type: 'undo_failed', step: 'open-source' })] }];
  const half = (writable: string[], onTarget: string | null) =>
    last({
      outcome: 'stuck',
      holder: SOURCE,
      writable,
      values: { [SOURCE]: { k: null }, [TARGET]: { k: onTarget } },
      upgrades,
    });

  it('has lost nothing while the source refuses writes and the target still holds them', () => {
    expect(broken(begun, half([], 'a'))).toEqual([]);
  });

  it('has lost them where the target does not hold them, or the source takes writes', () => {
    expect(broken(begun, half([], null))).toEqual(['no-lost-write']);
    expect(broken(begun, half([SOURCE], 'a'))).toEqual(['no-lost-write']);
  });
});

describe('bounded-cutover', () => {
  it('sees the address leave the source long after the fence, unless the fence was lifted in between', () => {
    const wait: Happening[] = Array.from({ length: 120 }, () => ({ kind: 'store-lost', sinceMs: 0 }));
    const move = call('changeAddress', SOURCE, PARKING.ip, 6379);
    const fence: Happening = { kind: 'gate', instance: SOURCE, readOnly: true };
    const lift: Happening = { kind: 'gate', instance: SOURCE, readOnly: false };
    const home: Happening = { kind: 'address', instance: SOURCE, ...OLD, by: 'cloud' };
    const late = (...calls: Happening[]) =>
      broken(history(HELD, LEASE, ...calls), last({ outcome: 'unfinished' })).includes('bounded-cutover');
    expect(late(fence, ...wait, move)).toBe(true);
    expect(late(fence, move)).toBe(false);
    expect(late(fence, ...wait, lift, fence, move)).toBe(false);
    expect(late(fence, ...wait, home, move)).toBe(false);
  });
});

describe('one-runner', () => {
  const other: Happening = { kind: 'lease', upgrade: 'up-1', process: 'bot-2', token: 't-2' };
  const open = last({ outcome: 'unfinished' });

  it('sees a call of a process whose place another one has taken', () => {
    expect(broken(history(LEASE, other, call('stopSyncJob', 'dts-1')), open)).toEqual(['one-runner']);
    expect(broken(history(LEASE, call('stopSyncJob', 'dts-1'), other), open)).toEqual([]);
  });

  it('sees a line of a worker whose place another one has taken', () => {
    const worker = { type: 'step_noted', actor: { kind: 'worker', id: 'bot-1' } };
    const written: Happening = {
      kind: 'journal',
      upgrade: 'up-1',
      process: 'bot-1',
      line: JSON.stringify(worker),
    };
    expect(broken(history(LEASE, other, written), open)).toEqual(['one-runner']);
    expect(broken(history(LEASE, written, other), open)).toEqual([]);
  });

  it('sees a call without any lease', () => {
    expect(broken(history(call('stopSyncJob', 'dts-1')), open)).toEqual(['one-runner']);
  });

  it('forgives what a store has forgotten', () => {
    const lost: Happening = { kind: 'store-lost', sinceMs: 0 };
    expect(broken(history(LEASE, lost, other, call('stopSyncJob', 'dts-1')), open)).toEqual([]);
  });
});

describe('crash-anywhere', () => {
  const journal = (...types: string[]) => [
    { id: 'up-1', events: types.map((type) => JSON.stringify({ type, step: 'fence-source' })) },
  ];

  it.each([
    ['an upgrade that never ends', { outcome: 'unfinished', upgrades: journal('requested', 'step_started') }],
    ['one that is stuck where it could go back', { outcome: 'stuck', upgrades: journal('step_failed') }],
    ['a source that takes writes after all', { writable: [SOURCE, TARGET] }],
    ['a target that takes none', { writable: [] }],
    ['a job that is left', { liveJobs: ['dts-1'] }],
    ['instances that are not let go of', { heldInstances: [SOURCE] }],
    ['the wrong instance at the address', { outcome: 'rolled back', writable: [SOURCE] }],
  ] as [string, Partial<LastWord>][])('sees %s', (_what, more) => {
    expect(broken([], last(more))).toEqual(['crash-anywhere']);
  });

  it('lets an upgrade be stuck after an undo failed', () => {
    expect(broken([], last({ outcome: 'stuck', upgrades: journal('undo_failed') }))).toEqual([]);
  });
});

describe('secrets-stay-home', () => {
  it('sees a password in journal, messages and store', () => {
    const open = last({ outcome: 'unfinished' });
    const said: Happening = { kind: 'said', upgrade: 'up-1', status: 'log', text: 'AUTH hunter2 failed' };
    expect(broken(history(said), open)).toEqual(['secrets-stay-home']);
    expect(broken(history(line('paused', 'hunter2')), open)).toEqual(['secrets-stay-home']);
    expect(broken([], last({ ...open, stored: ['hunter2'] }))).toEqual(['secrets-stay-home']);
  });
});
