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
  atMs: number;
  who: string;
  action: Action;
}

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

/** What people will do in a run, out of its seed. */
export interface Script {
  impulses: Impulse[];
  /** How an approval request is met. */
  manner: 'approve' | 'reject' | 'ignore';
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

export function writeScript(random: Random): Script {
  const everyone = [PEOPLE.requester, PEOPLE.approver, PEOPLE.second, PEOPLE.stranger] as const;
  const restless = random.chance(0.6);
  const count = restless ? random.whole(1, MOST_IMPULSES) : 0;
  const impulses = Array.from({ length: count }, (_, index) => {
    const action = random.pick(ACTIONS);
    const atMs = 2_000 + random.next() * IMPULSES_UNTIL_MS;
    return { id: `impulse#${index + 1}:${action}`, atMs, who: random.pick(everyone), action };
  });
  const mood = random.next();
  return {
    impulses,
    manner: mood < 0.86 ? 'approve' : mood < 0.93 ? 'reject' : 'ignore',
    hesitationMs: random.pick([100, 1_000, 20_000]) * (0.5 + random.next()),
    restarts: random.chance(0.3) ? 1 : 0,
  };
}

type Request = (service: UpgradeService, person: Person) => Promise<Outcome<unknown>>;
type RollbackRequest = { upgradeId: string; mode: 'fast' | 'lossless' };

/** Does what people do with the bot, through any process that is alive, and writes down what they asked and were told. */
export class People {
  /** Upgrades and approval requests as people have seen them, the newest last. */
  readonly upgrades: string[] = [];
  readonly approvals: string[] = [];
  private readonly world: World;
  private readonly bots: () => Bot[];
  private clicks = 0;

  constructor(world: World, bots: () => Bot[]) {
    this.world = world;
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
      'roll-back-fast': () =>
        ask((service, person) => rollBack(service, person, { upgradeId, mode: 'fast' })),
      'roll-back-lossless': () =>
        ask((service, person) => rollBack(service, person, { upgradeId, mode: 'lossless' })),
    };
    acts[action]();
  }

  start(who: string): void {
    const request = { source: 'crs-source', target: 'crs-target', switch: 'address' as const, channel: 'C1' };
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

/** As soon as the product has a rollback: the service itself is asked, so that the same world fits one without. */
async function rollBack(
  service: UpgradeService,
  person: Person,
  request: RollbackRequest,
): Promise<Outcome<unknown>> {
  const { rollback } = service as {
    rollback?: (person: Person, request: RollbackRequest) => Promise<Outcome<unknown>>;
  };
  if (rollback === undefined) return { ok: false, refusal: { code: 'not_built', message: '' } };
  return rollback(person, request);
}
