import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTerminalApprovers } from '../../../src/terminal/approvers.ts';
import { COMMAND_NAMES, parseCommand } from '../../../src/terminal/command-line.ts';
import type { Connection } from '../../../src/terminal/desk.ts';
import { runTerminal } from '../../../src/terminal/terminal.ts';
import { OperatingError } from '../../../src/upgrade/operating-error.ts';
import { FakeService } from '../slack/fake-service.ts';
import {
  EVERY_STANDING,
  before as journalBefore,
  journalOf,
  RITA,
  requested,
  type Said,
  step,
  UPGRADE_ID,
  viewOf,
  waitingForApproval,
} from '../slack/sample-upgrade.ts';
import { ROLLBACK_FACTS, rollbackApprovalRequested } from '../upgrade/samples.ts';

const SOURCE = 'crs-source01';
const NOW_MS = (journalOf([requested()])[0]?.atMs ?? 0) + 100_000;
const PROGRAM = 'redis-upgrade';

let service: FakeService;
let connection: Connection;
let out: string;
let err: string;
let typed: (string | undefined)[];
/** Called before each look of `work`. */
let onPause: () => boolean;

beforeEach(() => {
  const approvers = createTerminalApprovers(['U0ANNA', 'S0GROUP']);
  service = new FakeService(approvers, () => NOW_MS);
  connection = {
    service,
    approvers,
    store: 'store:6379',
    ping: async () => 'PONG',
    storeTrouble: () => undefined,
    bots: async () => 1,
    ring: async () => undefined,
    work: async () => [],
    close: async () => undefined,
  };
  [out, err, typed] = ['', '', []];
  onPause = () => false;
});
afterEach(() => {
  vi.useRealTimers();
});

async function type(line: string): Promise<number> {
  const [name = '', ...args] = line.replace('UPGRADE', UPGRADE_ID).split(' ');
  const command = COMMAND_NAMES.find((one) => one === name);
  if (command === undefined) throw new Error(`no ${name}`);
  return await runTerminal(command, args, {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
    osUser: 'deploy',
    program: PROGRAM,
    now: () => NOW_MS,
    readLine: async () => typed.shift(),
    pause: async () => onPause(),
    connect: async () => connection,
  });
}

const lastEvent = () => service.journals.get(UPGRADE_ID)?.at(-1);

describe('status', () => {
  it.each(Object.entries(EVERY_STANDING))(
    'of an upgrade %s proposes only what can be typed',
    async (_, bodies) => {
      service.put(bodies);
      for (const bots of [0, 1, undefined]) {
        out = '';
        connection.bots = async () => bots;
        expect(await type('status UPGRADE')).toBe(0);
        expect(out).toMatch(new RegExp(`^status +${viewOf(bodies).status}, last change`, 'mu'));
        expect(out).toMatch(/^old address +\S/mu);
        const next = out.slice(out.indexOf('\nnext ')).split('\n\n')[0] ?? '';
        expect(next.trim()).toMatch(/^next +(nothing: it|redis-upgrade )/u);
        const proposed = [...next.matchAll(/redis-upgrade (\S+) (.*?) +#/gu)];
        expect(proposed.length > 0 || next.includes('nothing: it')).toBe(true);
        for (const [, name, words = ''] of proposed) {
          const command = COMMAND_NAMES.find((one) => one === name);
          const args = words.replace('WHO', 'U0ANNA').split(' ');
          expect(command === undefined ? name : parseCommand(command, args)).toMatchObject({ ok: true });
        }
      }
    },
  );

  it('says who holds the old address: source, neither, target', async () => {
    const holders: [string, string][] = [
      ['copying', 'is held by crs-source01, the source'],
      ['cutting over', 'is BETWEEN the two instances'],
      ['soaking', 'is held by crs-target01, the target'],
    ];
    for (const [standing, words] of holders) {
      service.put(EVERY_STANDING[standing] ?? []);
      out = '';
      await type('status UPGRADE');
      expect(out).toContain(words);
    }
  });

  it('says what it is stuck at, why, and what to type, as it is typed here', async () => {
    service.put([
      ...journalBefore('probe'),
      { type: 'step_started', step: 'probe' },
      {
        type: 'step_failed',
        step: 'probe',
        error: { code: 'probe_failed', message: `Repair it, then /redis-upgrade resume ${UPGRADE_ID}.` },
      },
    ]);
    await type('status UPGRADE');
    expect(out).toMatch(/^stuck at +probe \(probe_failed\)$/mu);
    expect(out).toContain(`Repair it, then redis-upgrade resume ${UPGRADE_ID} --as WHO.`);
    expect(out).not.toContain('/redis-upgrade');
  });

  it('shows how far the step is, and the trouble it meets', async () => {
    service.put(EVERY_STANDING['copying'] ?? []);
    service.progress = {
      step: 'copy-snapshot',
      text: '412 of 1,000 keys',
      percent: 41.2,
      trouble: 'The cloud is slow.',
      atMs: NOW_MS - 3_000,
    };
    await type('status UPGRADE');
    expect(out).toMatch(/^progress +412 of 1,000 keys \(41 %\), 3 s ago$/mu);
    expect(out).toMatch(/^trouble +The cloud is slow\. It is being tried again\.$/mu);
  });

  it('lists the upgrades, and says when there is none', async () => {
    await type('status');
    expect(out).toContain('There has been no upgrade in the store at store:6379.');
    service.put(EVERY_STANDING['paused'] ?? []);
    out = '';
    await type('status');
    expect(out).toMatch(new RegExp(`^${UPGRADE_ID} +paused +at copy-snapshot`, 'mu'));
  });

  it('prints one JSON value for machines', async () => {
    service.put(waitingForApproval());
    await type('status UPGRADE --json');
    expect(JSON.parse(out)).toMatchObject({ id: UPGRADE_ID, status: 'waiting for approval', bots: 1 });
  });

  it('obeys nothing that somebody wrote', async () => {
    service.put([
      ...journalBefore('copy-snapshot'),
      { type: 'abort_requested', reason: 'a\u001b[2Jb\u202Ec\u009bd\ne' },
    ]);
    await type('status UPGRADE');
    expect(out).toContain('a [2Jb c d e');
    out = '';
    await type('journal UPGRADE');
    expect(out).toContain('reason a [2Jb c d e');
  });
});

describe('approve', () => {
  beforeEach(() => service.put(waitingForApproval()));

  it('shows the facts and the digest, has the source typed, and writes who sits where', async () => {
    typed = [` ${SOURCE} `];
    expect(await type('approve UPGRADE --as U0ANNA')).toBe(0);
    const digest = viewOf(waitingForApproval()).approval?.digest ?? 'none';
    expect(out).toMatch(new RegExp(`^ +digest +${digest}$`, 'mu'));
    for (const shown of [SOURCE, 'crs-target01', 'sync-1', '1,000,000', 'backup-77'])
      expect(out).toContain(shown);
    expect(out).toContain(`Then writes to ${SOURCE} are refused`);
    expect(lastEvent()).toMatchObject({
      type: 'approval_given',
      digest,
      actor: { kind: 'person', via: 'terminal', id: 'U0ANNA', osUser: 'deploy' },
    });
    expect(out).toContain('approved by U0ANNA at the terminal (operating-system user deploy).');
  });

  it.each([
    ['another id', 'crs-target01', '"crs-target01" was typed'],
    ['a yes', 'yes', '"yes" was typed'],
    ['an empty line', '', 'Nothing was typed'],
    ['the end of the input', undefined, 'Nothing was typed'],
  ])('changes nothing for %s', async (_, answer, words) => {
    typed = [answer];
    expect(await type('approve UPGRADE --as U0ANNA')).toBe(1);
    expect(err).toContain(words);
    expect(err).toContain('Nothing was approved and nothing has changed.');
    expect(lastEvent()?.type).toBe('approval_requested');
  });

  it('takes the confirmation of a script, and asks for nothing then', async () => {
    expect(await type('approve UPGRADE --as U0ANNA --confirm crs-target01')).toBe(1);
    expect(await type(`approve UPGRADE --as U0ANNA --confirm ${SOURCE} --json`)).toBe(0);
    expect(JSON.parse(out.slice(out.lastIndexOf('\n{') + 1))).toMatchObject({
      approval: { status: 'given' },
    });
    expect(lastEvent()?.type).toBe('approval_given');
  });

  it('keeps what a person reads out of the JSON', async () => {
    typed = [SOURCE];
    expect(await type('approve UPGRADE --as U0ANNA --json')).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ id: UPGRADE_ID });
    expect(err).toContain('You are about to approve exactly this');
  });

  it('is refused to who is in a group only', async () => {
    typed = [SOURCE];
    expect(await type('approve UPGRADE --as U0BERT')).toBe(1);
    expect(err).toContain('(S0GROUP) cannot be read while Slack is down');
    expect(lastEvent()?.type).toBe('approval_requested');
  });

  it('says when nothing was asked yet, and asks nothing back', async () => {
    service.put(EVERY_STANDING['copying'] ?? []);
    expect(await type('approve UPGRADE --as U0ANNA')).toBe(1);
    expect(err).toContain('is running and has not asked for an approval');
  });
});

describe('a rollback', () => {
  const asked: Said[] = [
    ...(EVERY_STANDING['soaking'] ?? []),
    { type: 'rollback_requested', mode: 'fast', by: RITA },
    ...step('check-rollback'),
    { type: 'step_started', step: 'await-rollback-approval' },
    {
      ...rollbackApprovalRequested('rb-1'),
      facts: { ...ROLLBACK_FACTS, mode: 'fast' },
      expiresAtMs: NOW_MS + 60_000,
    } as Said,
  ];

  it.each([
    ['--fast', 'fast'],
    ['--lossless', 'lossless'],
    ['', 'lossless'],
  ])('with "%s" is asked for as %s', async (flag, mode) => {
    service.put(EVERY_STANDING['soaking'] ?? []);
    expect(await type(`rollback UPGRADE --as U0BERT ${flag}`.trim())).toBe(0);
    expect(lastEvent()).toMatchObject({ type: 'rollback_requested', mode, actor: { id: 'U0BERT' } });
    expect(out).toContain('a rollback was asked for by U0BERT at the terminal');
  });

  it('is proposed while the upgrade is watched, with its price', async () => {
    service.put(EVERY_STANDING['soaking'] ?? []);
    await type('status UPGRADE');
    expect(out).toMatch(/--fast --as WHO +# back at once; .* is LOST$/mu);
    expect(out).toContain(`rollback ${UPGRADE_ID} --lossless --as WHO`);
  });

  it('shows its mode, who asked, and what its approver approves', async () => {
    service.put(asked);
    const decide = vi.spyOn(service, 'decide').mockImplementation(() => service.view(UPGRADE_ID));
    await type('status UPGRADE');
    expect(out).toMatch(/^status +waiting for approval/mu);
    expect(out).toMatch(/^rollback +fast, asked for by \S+ in Slack/mu);
    expect(out).toContain('# calls the rollback off');
    typed = [SOURCE];
    out = '';
    expect(await type('approve UPGRADE --as U0ANNA')).toBe(0);
    expect(out).toMatch(/^ +purpose +rollback$/mu);
    expect(out).toMatch(/^ +digest +rollback digest$/mu);
    expect(out).toContain('what was written to it since the cutover is LOST');
    const anna = expect.objectContaining({ id: 'U0ANNA', via: 'terminal' });
    expect(decide).toHaveBeenCalledWith(anna, { approvalId: 'rb-1', verdict: 'approve' });
  });
});

describe('a decision', () => {
  it.each([
    [
      'reject UPGRADE not now --as U0ANNA',
      'waiting for approval',
      { type: 'approval_rejected', reason: 'not now' },
    ],
    [
      'reject UPGRADE --as U0ANNA',
      'waiting for approval',
      { reason: 'At the terminal; no reason was given.' },
    ],
    ['abort UPGRADE disk full --as U0BERT', 'copying', { type: 'abort_requested', reason: 'disk full' }],
    ['pause UPGRADE --as U0BERT', 'copying', { type: 'paused' }],
    ['resume UPGRADE --as U0BERT', 'paused', { type: 'resumed' }],
    ['finish UPGRADE --as U0BERT', 'soaking', { type: 'finish_requested' }],
  ])('%s', async (line, standing, event) => {
    service.put(EVERY_STANDING[standing] ?? []);
    expect(await type(line)).toBe(0);
    expect(lastEvent()).toMatchObject({ ...event, actor: { via: 'terminal', osUser: 'deploy' } });
    expect(out).toContain('1 bot process is connected');
  });

  it('says when nobody is left to act on it, and how to go on', async () => {
    service.put(EVERY_STANDING['copying'] ?? []);
    connection.bots = async () => 0;
    expect(await type('abort UPGRADE --as U0BERT')).toBe(0);
    expect(out).toContain('NO bot process is connected to the store');
    expect(out).toContain(`redis-upgrade work --until-ended ${UPGRADE_ID}`);
  });

  it('that is refused says why on standard error, and changes nothing', async () => {
    service.put(EVERY_STANDING['completed'] ?? []);
    const length = service.journals.get(UPGRADE_ID)?.length;
    expect(await type('abort UPGRADE --as U0BERT')).toBe(1);
    expect(out).toBe('');
    expect(err).not.toBe('');
    expect(service.journals.get(UPGRADE_ID)).toHaveLength(length ?? -1);
  });

  it('that is typed wrongly does not even connect', async () => {
    connection.ping = () => Promise.reject(new Error('connected'));
    expect(await type('abort UPGRADE')).toBe(2);
    expect(err).toBe(
      '"abort" needs --as WHO, the Slack user id (U…) of the person who decides.\nThe form is: redis-upgrade abort UPGRADE [REASON] --as WHO\n',
    );
  });
});

describe('trouble', () => {
  it('with a store that never answers names it and what to check', async () => {
    vi.useFakeTimers();
    connection.ping = () => new Promise(() => undefined);
    connection.storeTrouble = () => 'connect ECONNREFUSED 127.0.0.1:1';
    const exit = type('status');
    await vi.runAllTimersAsync();
    expect(await exit).toBe(3);
    expect(err).toContain('The store at store:6379 did not answer: connect ECONNREFUSED 127.0.0.1:1');
    expect(err).toContain('Check that it runs');
  });

  it('in the middle of a decision says that it may have been written', async () => {
    vi.useFakeTimers();
    service.put(EVERY_STANDING['copying'] ?? []);
    service.abort = () => new Promise(() => undefined);
    const exit = type('abort UPGRADE --as U0BERT');
    await vi.runAllTimersAsync();
    expect(await exit).toBe(3);
    expect(err).toContain('It is NOT KNOWN whether your decision was written');
  });

  it('with the cloud is said in its words, with its code', async () => {
    service.failure = new OperatingError('CLOUD_CREDENTIALS', 'The cloud refused the key.', {
      retryable: false,
    });
    expect(await type('list')).toBe(3);
    expect(err).toContain('The cloud refused the key. (CLOUD_CREDENTIALS)');
    expect(err).toContain('TENCENTCLOUD_');
  });

  it('that nobody foresaw is not taken for a refusal', async () => {
    service.failure = new TypeError('x is not a function');
    expect(await type('list')).toBe(3);
    expect(err).toContain('TypeError: x is not a function');
  });

  it('is over when the connection is let go of', async () => {
    const close = vi.spyOn(connection, 'close');
    await type('status UPGRADE');
    expect(close).toHaveBeenCalledOnce();
  });
});

describe('work', () => {
  const working = () => vi.spyOn(connection, 'work');

  it('performs until the upgrade has ended, and shows each step once', async () => {
    service.put(EVERY_STANDING['copying'] ?? []);
    const work = working();
    let looks = 0;
    onPause = () => {
      looks += 1;
      if (looks === 2) service.put(EVERY_STANDING['soaking'] ?? []);
      if (looks === 3) service.put(EVERY_STANDING['completed'] ?? []);
      return false;
    };
    expect(await type('work --until-ended UPGRADE')).toBe(0);
    expect(work).toHaveBeenCalledOnce();
    expect(out.match(/running at copy-snapshot/gu)).toHaveLength(1);
    expect(out).toContain('running at soak');
    expect(out).toContain(`${UPGRADE_ID} has ended: completed.`);
  });

  it('stops when a person is needed, and says so', async () => {
    service.put(EVERY_STANDING['copying'] ?? []);
    onPause = () => {
      service.put(EVERY_STANDING['stuck after the hand-over'] ?? []);
      return false;
    };
    expect(await type('work --until-ended UPGRADE')).toBe(1);
    expect(err).toContain('Stuck at probe');
  });

  it('says that it has not ended when it is interrupted', async () => {
    service.put(EVERY_STANDING['copying'] ?? []);
    onPause = () => true;
    expect(await type('work --until-ended UPGRADE')).toBe(1);
    expect(err).toContain('has NOT ended');
  });

  it('begins nothing where there is nothing to do, or with a store that would forget', async () => {
    const work = working();
    service.put(EVERY_STANDING['completed'] ?? []);
    expect(await type('work --until-ended UPGRADE')).toBe(0);
    expect(work).not.toHaveBeenCalled();
    service.put(EVERY_STANDING['copying'] ?? []);
    work.mockResolvedValue(['The store evicts.']);
    expect(await type('work --until-ended UPGRADE')).toBe(1);
    expect(err).toContain('The store evicts.');
  });
});
