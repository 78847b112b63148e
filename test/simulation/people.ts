import type { Person, UpgradeService } from '../../src/service/upgrade-service.ts';
import type { Outcome } from '../../src/upgrade/refusal.ts';
import type { Bot, World } from './bot.ts';
import type { Random } from './time/random.ts';

/** Who is there. `requester` may approve other people's upgrades, `stranger` nothing. */
export const PEOPLE = {
  requester: 'U-REQUESTER',
  approver: 'U-APPROVER',
  second: 'U-SECOND',
  stranger: 'U-STRANGER',
};
export const APPROVERS = [PEOPLE.approver, PEOPLE.second, PEOPLE.requester];

/** What people do of their own accord, at which moment of the run; besides, they react to what they see. */
export interface Impulse {
  /** Names it in a shrunk history. */
  id: string;
  /** Milliseconds after the moment. */
  atMs: number;
  /** What has to be seen first; unset: the start of the run. */
  since?: Moment;
  who: string;
  action: Action;
}

/** What people see of an upgrade: its data was compared, it is watched after its cutover, it is stuck behind it, it is being rolled back. */
export type Moment = 'watched' | 'stuck' | 'rolling-back' | 'compared';

export type Action =
  | 'abort'
  | 'pause'
  | 'resume'
  | 'finish'
  | 'approve'
  | 'approve-old'
  | 'reject'
  | 'start'
  | 'roll-back-fast'
  | 'roll-back-lossless'
  | 'verify'
  | 'repair';

type Manner = 'approve' | 'reject' | 'ignore';

/** What people will do in a run, out of its seed. */
export interface Script {
  impulses: Impulse[];
  /** How an approval request is met; that of a rollback. */
  manner: Manner;
  rollbackManner: Manner;
  repairManner: Manner;
  /** What is said to data that differs; after that, a repair is asked for. */
  onDifferences: 'verify' | 'repair' | 'abort' | undefined;
  /** How clients come to the target, and whether the team's configuration is told by a webhook. */
  switch: 'address' | 'code';
  webhook: boolean;
  /** Milliseconds before an approver clicks. */
  hesitationMs: number;
  /** How often an upgrade that was undone is started again. */
  restarts: number;
}

const ACTIONS = [
  'abort',
  'pause',
  'resume',
  'finish',
  'finish',
  'approve',
  'approve-old',
  'approve-old',
  'reject',
  'start',
  'roll-back-fast',
  'roll-back-lossless',
] as const satisfies readonly Action[];
const MOST_IMPULSES = 6;
const IMPULSES_UNTIL_MS = 100_000;

const EVERYONE = [PEOPLE.requester, PEOPLE.approver, PEOPLE.second, PEOPLE.stranger] as const;

/** `later` draws what comes behind the cutover, `doubtful` what is said about the comparison: the rest stays what it is for a seed. */
export function writeScript(random: Random, later: Random, doubtful: Random): Script {
  const restless = random.chance(0.6);
  const count = restless ? random.whole(1, MOST_IMPULSES) : 0;
  const impulses = Array.from({ length: count }, (_, index) => {
    const action = random.pick(ACTIONS);
    const atMs = 2_000 + random.next() * IMPULSES_UNTIL_MS;
    return { id: `impulse#${index + 1}:${action}`, atMs, who: random.pick(EVERYONE), action };
  });
  const mood = random.next();
  const doubts = writeDoubts(doubtful);
  return {
    impulses: [...impulses, ...writeRegrets(later), ...doubts.impulses],
    manner: mannerOf(mood),
    rollbackManner: mannerOf(later.next()),
    repairManner: doubts.repairManner,
    onDifferences: doubts.onDifferences,
    switch: later.chance(0.25) ? 'code' : 'address',
    webhook: later.chance(0.5),
    hesitationMs: random.pick([100, 1_000, 20_000]) * (0.5 + random.next()),
    restarts: random.chance(0.3) ? 1 : 0,
  };
}

function mannerOf(mood: number): Manner {
  return mood < 0.86 ? 'approve' : mood < 0.93 ? 'reject' : 'ignore';
}

const REGRETS = [
  { since: 'watched', chance: 0.45, withinMs: 5_000 },
  { since: 'watched', chance: 0.15, withinMs: 30_000 },
  { since: 'stuck', chance: 0.4, withinMs: 5_000 },
  { since: 'rolling-back', chance: 0.15, withinMs: 20_000 },
] as const;

/** Who wants back what was given up, and who then does not want it after all. */
function writeRegrets(random: Random): Impulse[] {
  return REGRETS.flatMap(({ since, chance, withinMs }, index) => {
    const isFelt = random.chance(chance);
    const who = random.pick([PEOPLE.requester, PEOPLE.approver, PEOPLE.second]);
    const action = random.pick(['roll-back-fast', 'roll-back-lossless'] as const);
    const atMs = random.next() * withinMs;
    const done = since === 'rolling-back' ? 'abort' : action;
    return isFelt ? [{ id: `regret#${index + 1}:${done}`, atMs, since, who, action: done }] : [];
  });
}

const DOUBTS = [
  { since: 'compared', chance: 0.2, withinMs: 10_000 },
  { since: undefined, chance: 0.3, withinMs: IMPULSES_UNTIL_MS },
  { since: undefined, chance: 0.15, withinMs: IMPULSES_UNTIL_MS },
] as const;

/** Who does not trust the comparison, whether there is one or not, and what is said to one that found something. */
function writeDoubts(random: Random): Pick<Script, 'impulses' | 'repairManner' | 'onDifferences'> {
  const impulses = DOUBTS.flatMap(({ since, chance, withinMs }, index): Impulse[] => {
    const isFelt = random.chance(chance);
    const who = random.pick(EVERYONE);
    const action = random.pick(['verify', 'repair'] as const);
    const impulse = { id: `doubt#${index + 1}:${action}`, atMs: random.next() * withinMs, who, action };
    return isFelt ? [since === undefined ? impulse : { ...impulse, since }] : [];
  });
  const onDifferences = random.pick(['repair', 'repair', 'verify', 'abort', undefined] as const);
  return { impulses, repairManner: mannerOf(random.next()), onDifferences };
}

type Request = (service: UpgradeService, person: Person) => Promise<Outcome<unknown>>;

/** Does what people do with the bot, through any process that is alive, and writes down what they asked and were told. */
export class People {
  /** Upgrades and approval requests as people have seen them, the newest last. */
  readonly upgrades: string[] = [];
  readonly approvals: string[] = [];
  private readonly world: World;
  private readonly bots: () => Bot[];
  private readonly how: Script['switch'];
  private clicks = 0;

  constructor(world: World, bots: () => Bot[], how: Script['switch']) {
    this.world = world;
    this.how = how;
    this.bots = bots;
  }

  act(who: string, action: Action): void {
    const upgradeId = this.upgrades.at(-1) ?? 'up-none';
    const ask = (of: Request) => this.ask(who, { action, upgradeId }, of);
    const acts: Record<Action, () => void> = {
      start: () => this.start(who),
      abort: () => ask((service, person) => service.abort(person, { upgradeId, reason: 'changed my mind' })),
      pause: () => ask((service, person) => service.pause(person, upgradeId)),
      resume: () => ask((service, person) => service.resume(person, upgradeId)),
      finish: () => ask((service, person) => service.finish(person, upgradeId)),
      approve: () => this.decide(who, 'approve', this.approvals.at(-1)),
      'approve-old': () => this.decide(who, 'approve', this.approvals[0]),
      reject: () => this.decide(who, 'reject', this.approvals.at(-1)),
      'roll-back-fast': () => ask((service, person) => service.rollback(person, { upgradeId, mode: 'fast' })),
      verify: () => ask((service, person) => service.verify(person, upgradeId)),
      repair: () => ask((service, person) => service.repair(person, upgradeId)),
      'roll-back-lossless': () =>
        ask((service, person) => service.rollback(person, { upgradeId, mode: 'lossless' })),
    };
    acts[action]();
  }

  start(who: string): void {
    const request = { source: 'crs-source', target: 'crs-target', switch: this.how, channel: 'C1' };
    this.ask(who, { action: 'start', upgradeId: '' }, async (service, person) => {
      const started = await service.start(person, request);
      if (started.ok && !this.upgrades.includes(started.value.id)) this.upgrades.push(started.value.id);
      return started;
    });
  }

  decide(who: string, verdict: 'approve' | 'reject', approvalId: string | undefined): void {
    if (approvalId === undefined) return;
    const upgradeId = this.upgrades.at(-1) ?? '';
    this.ask(who, { action: verdict, upgradeId, approvalId }, (service, person) =>
      service.decide(
        person,
        verdict === 'approve' ? { approvalId, verdict } : { approvalId, verdict, reason: 'no' },
      ),
    );
  }

  private ask(
    who: string,
    asked: { action: string; upgradeId: string; approvalId?: string },
    of: Request,
  ): void {
    const { history, random } = this.world;
    const bots = this.bots();
    const bot = bots[random.whole(0, Math.max(0, bots.length - 1))];
    if (bot === undefined) return;
    this.clicks += 1;
    const click = this.clicks;
    const { action, upgradeId, approvalId } = asked;
    const about = approvalId === undefined ? {} : { approvalId };
    history.add({ kind: 'asked', who, action, upgrade: upgradeId, click, ...about });
    const person: Person = { kind: 'person', via: 'slack', id: who, teamId: 'T1' };
    of(bot.service, person).then(
      (outcome) => {
        const told = outcome.ok ? { answer: 'accepted' as const, code: '' } : refusal(outcome.refusal.code);
        history.add({ kind: 'answered', who, action, click, ...told });
      },
      (error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        history.add({ kind: 'answered', who, action, click, answer: 'failed', code: '' });
        history.add({ kind: 'said', upgrade: upgradeId, status: 'error', text });
      },
    );
  }
}

function refusal(code: string): { answer: 'refused'; code: string } {
  return { answer: 'refused', code };
}
