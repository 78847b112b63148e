import { describe, expect, it } from 'vitest';
import type { ClientConnection } from '../../../src/steps/connections.ts';
import type { SourceLook } from '../../../src/steps/source-look.ts';
import { compareWatch, type Watch, type WatchedSource, watchSchema } from '../../../src/steps/watch.ts';
import { describeWatch, watchFigures } from '../../../src/steps/watch-summary.ts';

const NOTHING: Watch = watchSchema.parse({});
const SOURCE: WatchedSource = {
  id: 'crs-source',
  address: { ip: '10.0.0.99', port: 6379 },
  newAddress: { ip: '10.0.0.7', port: 6379 },
  writesAtFence: 100,
  endsConnections: true,
};
const QUIET: SourceLook = { gate: 'closed', writes: 100, found: [], left: 0 };

function client(ip: string, more: Partial<ClientConnection> = {}): ClientConnection {
  return { address: `${ip}:50000`, ip, name: '', ageSeconds: 9, idleSeconds: 1, command: 'get', ...more };
}
function look(more: Partial<SourceLook>): SourceLook {
  return { ...QUIET, ...more };
}

describe('the watch over the source', () => {
  it('has nothing to tell while nothing happens there', () => {
    expect(compareWatch(NOTHING, QUIET, SOURCE)).toEqual({ watch: NOTHING, said: [], urgent: false });
  });

  it('tells a left-over connection once, with address, name and last command', () => {
    const found = [client('10.0.1.5', { name: 'web-7', command: 'set' })];
    const first = compareWatch(NOTHING, look({ found }), SOURCE);
    expect(first.said).toEqual([
      'Left-over connections on crs-source at 10.0.0.99:6379 were ended, from 10.0.1.5 ("web-7", last command set). The source took no write from anybody. These clients have to connect to 10.0.0.7:6379.',
    ]);
    expect(first.urgent).toBe(false);
    expect(compareWatch(first.watch, QUIET, SOURCE).said).toEqual([]);
  });

  it('tells once that an address came back after its connection was ended', () => {
    const found = [client('10.0.1.5')];
    const first = compareWatch(NOTHING, look({ found }), SOURCE);
    const second = compareWatch(first.watch, look({ found }), SOURCE);
    expect(second.said).toEqual([
      'Rogue clients: 10.0.1.5 (last command get) came back to crs-source at 10.0.0.99:6379 after I ended the connection. Something there is configured with that address; it has to be 10.0.0.7:6379.',
    ]);
    expect(compareWatch(second.watch, look({ found }), SOURCE)).toEqual({
      watch: second.watch,
      said: [],
      urgent: false,
    });
  });

  it('tells another address that comes later', () => {
    const first = compareWatch(NOTHING, look({ found: [client('10.0.1.5')] }), SOURCE);
    const second = compareWatch(first.watch, look({ found: [client('10.0.1.6')] }), SOURCE);
    expect(second.said).toHaveLength(1);
    expect(second.said[0]).toContain('from 10.0.1.6');
    expect(second.said[0]).not.toContain('10.0.1.5');
  });

  it('takes many connections from one address for one client, the writing one first', () => {
    const found = [
      client('10.0.1.5'),
      client('10.0.1.5', { command: 'hset', name: 'job' }),
      client('10.0.1.5'),
    ];
    expect(compareWatch(NOTHING, look({ found }), SOURCE).watch.strangers).toEqual([
      { ip: '10.0.1.5', name: 'job', command: 'hset', cameBack: false },
    ]);
  });

  it('tells rogue writes urgently, how many and by whom, once', () => {
    const found = [client('10.0.1.5', { command: 'set' }), client('10.0.1.6', { command: 'get' })];
    const first = compareWatch(NOTHING, look({ writes: 112, found }), SOURCE);
    expect(first.urgent).toBe(true);
    expect(first.said[0]).toBe(
      'Rogue writes: 12 write commands ran on crs-source after the cutover. What they wrote is not on the new instance. Last seen writing: 10.0.1.5 (last command set).',
    );
    // Somebody's write was taken, so nobody is told that none was.
    expect(first.said.join(' ')).not.toContain('took no write');
    expect(compareWatch(first.watch, look({ writes: 500 }), SOURCE).said).toEqual([]);
  });

  it('says so when no connection explains the writes', () => {
    for (const found of ['unknown' as const, [client('10.0.1.6')]]) {
      const { said } = compareWatch(NOTHING, look({ writes: 101, found }), SOURCE);
      expect(said[0]).toContain('1 write command ran');
      expect(said[0]).toContain('By whom is not known');
    }
  });

  it.each([
    ['the server has been restarted and counts anew', 3, 100],
    ['the figure of the fence is missing', 3_000, undefined],
  ] as const)('tells no writes when %s', (_why, writes, writesAtFence) => {
    expect(compareWatch(NOTHING, look({ writes }), { ...SOURCE, writesAtFence }).said).toEqual([]);
  });

  it.each(['open', 'scripts-open', 'plain-open'] as const)(
    'tells once and urgently that the source is %s',
    (gate) => {
      const first = compareWatch(NOTHING, look({ gate }), SOURCE);
      expect(first).toMatchObject({ urgent: true, watch: { unfenced: true } });
      expect(first.watch.ownWrites).toBe(gate === 'open' ? 2 : 1);
      expect(first.said[0]).toContain('takes writes again');
      // Our own try is not taken for a rogue write at the next look.
      const next = look({ gate: undefined, writes: 100 + first.watch.ownWrites });
      expect(compareWatch(first.watch, next, SOURCE).said).toEqual([]);
    },
  );

  it('does not take connections for left over where the team changes the address itself', () => {
    const code = { ...SOURCE, endsConnections: false };
    expect(compareWatch(NOTHING, look({ found: [client('10.0.1.5')], left: 1 }), code)).toEqual({
      watch: NOTHING,
      said: [],
      urgent: false,
    });
  });

  it('names ten at most, keeps fifty, and says that there are more', () => {
    const found = Array.from({ length: 60 }, (_, i) => client(`10.0.2.${i}`));
    const { watch, said } = compareWatch(NOTHING, look({ found }), SOURCE);
    expect(watch.strangers).toHaveLength(50);
    expect(said[0]).toContain('10.0.2.9');
    expect(said[0]).not.toContain('10.0.2.10');
    expect(said[0]).toContain('and 40 more');
    expect(compareWatch(watch, QUIET, SOURCE).said).toEqual([]);
  });
});

describe('the summary of the watch', () => {
  const clients = { known: 3, missing: [] as string[], more: 0 };
  const at = { source: SOURCE, look: QUIET, watch: NOTHING, clients };

  it('says that all is well when it is', () => {
    expect(describeWatch(at)).toBe(
      'crs-source at 10.0.0.99:6379 is read-only; no client is connected to it, no write command ran on it since the cutover. All 3 client addresses of before came back.',
    );
    expect(watchFigures(at)).toEqual({
      sourceWrites: 0,
      sourceConnections: 0,
      sourceGate: 'closed',
      strangers: [],
      clientAddresses: 3,
      clientsNotBack: [],
    });
  });

  it('names who did not come back, and how many were not followed', () => {
    const words = describeWatch({ ...at, clients: { known: 3, missing: ['10.0.1.5', '10.0.1.6'], more: 7 } });
    expect(words).toContain(
      'Not back: 2 of 3 client addresses of before: 10.0.1.5, 10.0.1.6. 7 more were not followed.',
    );
  });

  it('says what cannot be told instead of a zero', () => {
    const unknown = { gate: undefined, writes: 3, found: 'unknown', left: 'unknown' } as const;
    const watched = { ...at, look: unknown, clients: 'unknown' as const };
    expect(describeWatch(watched)).toBe(
      'crs-source at 10.0.0.99:6379 is not read-only; it does not tell who is connected to it, how many write commands ran on it is not known. Which clients came back is not known: not both instances tell who is connected.',
    );
    expect(watchFigures(watched)).toMatchObject({
      sourceWrites: undefined,
      sourceConnections: 'unknown',
      clients: 'unknown',
    });
    expect(describeWatch({ ...at, look: { unreachable: 'connecting: no answer' } })).toContain(
      'cannot be looked at: connecting: no answer.',
    );
  });

  it('sums up who was sent away and who came back', () => {
    const found = [client('10.0.1.5'), client('10.0.1.6')];
    const { watch } = compareWatch(NOTHING, look({ found }), SOURCE);
    expect(describeWatch({ ...at, watch })).toContain(
      'Left-over connections from 2 addresses were ended there, and none came back.',
    );
    const again = compareWatch(watch, look({ found: [client('10.0.1.6')] }), SOURCE);
    expect(describeWatch({ ...at, watch: again.watch })).toContain('and 1 came back.');
  });
});
