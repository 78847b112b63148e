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

/** What people see of an upgrade: it is watched after its cutover, it is stuck behind it, it is being rolled back. */
export type Moment = 'watched' | 'stuck' | 'rolling-back';

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
  | 'roll-back-lossless';

type Manner = 'approve' | 'reject' | 'ignore';

/** What people will do in a run, out of its seed. */
export interface Script {
  impulses: Impulse[];
  /** How an approval request is met; that of a rollback. */
  manner: Manner;
  rollbackManner: Manner;
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

/** `later` draws what comes behind the cutover, so that the rest stays what it is for a seed. */
export function writeScript(random: Random, later: Random): Script {
  const restless = random.chance(0.6);
  const count = restless ? random.whole(1, MOST_IMPULSES) : 0;
  const impulses = Array.from({ length: count }, (_, index) => {
    const action = random.pick(ACTIONS);
    const atMs = 2_000 + random.next() * IMPULSES_UNTIL_MS;
    return { id: `impulse#${index + 1}:${action}`, atMs, who: random.pick(EVERYONE), action };
  });
  const mood = random.next();
  return {
    impulses: [...impulses, ...writeRegrets(later)],
    manner: mannerOf(mood),
    rollbackManner: mannerOf(later.next()),
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
