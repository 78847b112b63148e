import type { UpgradeView } from '../../src/upgrade/view.ts';
import type { Bot, World } from './bot.ts';
import { PEOPLE, type People, type Script } from './people.ts';

/** What is posted is read afresh at most this often. */
const POST_GAP_MS = 2_500;
const SLACK_DOWN_MS = 90_000;
/** After so many resumes a person gives it up and leaves it stuck. */
const MOST_REPAIRS = 5;

/**
 * The thread in Slack and the people in front of it: what changed is read through the service and posted, and people react to
 * what they see there. While Slack is down nobody sees anything.
 */
export class Reactions {
  readonly views = new Map<string, UpgradeView>();
  private readonly world: World;
  private readonly people: People;
  private readonly bots: () => Bot[];
  private readonly script: Script;
  private readonly posting = new Set<string>();
  private readonly shown = new Set<string>();
  private readonly handled = new Set<string>();
  private repairs = 0;
  private restartsLeft: number;
  private downUntilMs = 0;
  private closing = false;

  constructor(world: World, parts: { people: People; bots: () => Bot[]; script: Script }) {
    this.world = world;
    this.people = parts.people;
    this.bots = parts.bots;
    this.script = parts.script;
    this.restartsLeft = parts.script.restarts;
  }

  /** From now on people only help it to its end. */
  close(): void {
    this.closing = true;
    this.handled.clear();
    for (const id of this.people.upgrades) this.changed(id);
  }

  goDown(): void {
    this.downUntilMs = this.world.timeline.exactly() + SLACK_DOWN_MS;
  }

  /** Something about an upgrade changed: it is posted soon. */
  changed(upgradeId: string): void {
    if (this.posting.has(upgradeId)) return;
    this.posting.add(upgradeId);
    const waitMs = Math.max(POST_GAP_MS, this.downUntilMs - this.world.timeline.exactly());
    this.world.timeline.after(waitMs, () => {
      this.posting.delete(upgradeId);
      this.post(upgradeId);
    });
  }

  private post(upgradeId: string): void {
    const [bot] = this.bots();
    if (bot === undefined) {
      this.changed(upgradeId);
      return;
    }
    bot.service.view(upgradeId).then(
      (view) => {
        if (view.ok) this.see(view.value);
      },
      () => this.changed(upgradeId),
    );
  }

  private see(view: UpgradeView): void {
    const { history } = this.world;
    const before = this.views.get(view.id);
    this.views.set(view.id, view);
    if (!this.people.upgrades.includes(view.id)) this.people.upgrades.push(view.id);
    const words = `${view.status} ${view.currentStep ?? ''} ${view.stuck?.message ?? view.goingBack?.message ?? ''}`;
    if (before?.status !== view.status) {
      history.add({ kind: 'said', upgrade: view.id, status: view.status, text: words });
    }
    for (const request of requestsOf(view)) this.meet(view, request);
    this.react(view);
  }

  private meet(view: UpgradeView, request: Request): void {
    const { id, digest, facts, status } = request;
    if (!this.shown.has(id)) {
      this.shown.add(id);
      this.people.approvals.push(id);
      const requester = view.requester.kind === 'person' ? view.requester.id : '';
      this.world.history.add({ kind: 'shown', upgrade: view.id, approvalId: id, digest, facts, requester });
    }
    if (status !== 'waiting' || this.handled.has(id)) return;
    this.handled.add(id);
    if (!this.closing && this.script.manner === 'ignore') return;
    const verdict = this.closing || this.script.manner === 'approve' ? 'approve' : 'reject';
    this.click(id, verdict);
  }

  /** The right person, and those who may not: all of them click, in any order. */
  private click(id: string, verdict: 'approve' | 'reject'): void {
    const { timeline, random } = this.world;
    const { hesitationMs } = this.script;
    timeline.after(hesitationMs, () => this.people.decide(PEOPLE.approver, verdict, id));
    if (random.chance(0.2))
      timeline.after(hesitationMs, () => this.people.decide(PEOPLE.second, 'approve', id));
    if (random.chance(0.3))
      timeline.after(hesitationMs / 2, () => this.people.decide(PEOPLE.requester, 'approve', id));
    if (random.chance(0.3))
      timeline.after(hesitationMs / 3, () => this.people.decide(PEOPLE.stranger, 'approve', id));
    // Whoever was told nothing, or not allowed by a directory that could not be read, clicks again.
    timeline.after(hesitationMs + 15_000, () => {
      this.handled.delete(id);
      this.post(this.people.upgrades.at(-1) ?? '');
    });
  }

  private react(view: UpgradeView): void {
    const { timeline } = this.world;
    const once = (what: string, waitMs: number, happen: () => void) => {
      const id = `${view.id} ${what} ${view.journalLength}`;
      if (this.handled.has(id)) return;
      this.handled.add(id);
      timeline.after(waitMs, happen);
    };
    if (view.status === 'paused')
      once('paused', this.closing ? 1_000 : 20_000, () => this.people.act(PEOPLE.requester, 'resume'));
    if (view.status === 'stuck') once('stuck', 10_000, () => this.repair());
    if (view.status === 'rolled back' && this.restartsLeft > 0) {
      this.restartsLeft -= 1;
      timeline.after(5_000, () => this.startAgain());
    }
  }

  /** A person does what the instructions say: frees what others hold, makes the target writable, and resumes. */
  private repair(): void {
    if (this.repairs >= MOST_REPAIRS && !this.closing) return;
    if (this.repairs >= 2 * MOST_REPAIRS) return;
    this.repairs += 1;
    const { cloud } = this.world;
    for (const ip of [...cloud.foreign.keys()]) cloud.free(ip);
    this.people.act(PEOPLE.approver, 'resume');
  }

  /** The target has to be empty before it can be a target again. */
  private startAgain(): void {
    this.world.cloud.get('crs-target').server.empty();
    this.people.start(PEOPLE.requester);
  }
}

interface Request {
  id: string;
  digest: string;
  facts: unknown;
  status: string;
}

/** The request for approval, and that of a rollback where there is one. */
function requestsOf(view: UpgradeView): Request[] {
  const { approval, rollback } = view as UpgradeView & {
    rollback?: { approval?: Request | undefined } | undefined;
  };
  return [approval, rollback?.approval].filter((request) => request !== undefined);
}
