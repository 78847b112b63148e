import type { ApprovalView, UpgradeView } from '../../src/upgrade/view.ts';
import type { Bot, World } from './bot.ts';
import { type Moment, PEOPLE, type People, type Script } from './people.ts';

/** What is posted is read afresh at most this often. */
const POST_GAP_MS = 2_500;
const SLACK_DOWN_MS = 90_000;
/** After so many resumes a person gives it up and leaves it stuck. */
const MOST_REPAIRS = 5;
/** Before the pair is upgraded again every client has heard to come back. */
const RESTART_MS = { address: 5_000, code: 26_000 } as const;
/** Where to resume is no use, or a question of taste. */
const BACK_ONLY: ReadonlySet<string> = new Set(['target_holds_address', 'address_handed_out']);
const ADDRESS_STEPS: ReadonlySet<string> = new Set(['hand-out-address', 'hand-back-address']);

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
  private hasSpoken = false;
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
    if (view.approval !== undefined) this.meet(view, view.approval);
    this.readAddress(view);
    for (const moment of momentsOf(view)) this.regret(view, moment);
    this.react(view);
  }

  private meet(view: UpgradeView, request: ApprovalView): void {
    const { id, digest, facts, status } = request;
    const asker = view.rollback?.requestedBy ?? view.repair?.requestedBy ?? view.requester;
    const requester = asker.kind === 'person' ? asker.id : '';
    const manner = this.mannerTo(view);
    if (!this.shown.has(id)) {
      this.shown.add(id);
      this.people.approvals.push(id);
      this.world.history.add({ kind: 'shown', upgrade: view.id, approvalId: id, digest, facts, requester });
    }
    if (status !== 'waiting' || this.handled.has(id)) return;
    this.handled.add(id);
    if (!this.closing && manner === 'ignore') return;
    const verdict = this.closing || manner === 'approve' ? 'approve' : 'reject';
    this.click(id, verdict, requester);
  }

  private mannerTo({ rollback, repair }: UpgradeView): Script['manner'] {
    if (rollback !== undefined) return this.script.rollbackManner;
    return repair === undefined ? this.script.manner : this.script.repairManner;
  }

  /** In a code switch clients are told by people, who read it here; the webhook may have told them already. */
  private readAddress(view: UpgradeView): void {
    if (view.switch !== 'code') return;
    const said = view.steps.findLast(({ name, status }) => ADDRESS_STEPS.has(name) && status === 'succeeded');
    const [, instance, ip, port] = /^(\S+) is at ([\d.]+):(\d+)/.exec(said?.detail ?? '') ?? [];
    if (instance === undefined || ip === undefined) return;
    this.world.tellClients(instance, { ip, port: Number(port) });
  }

  private regret(view: UpgradeView, moment: Moment): void {
    if (this.closing) return;
    for (const { id, since, atMs, who, action } of this.script.impulses) {
      const felt = `${id} ${view.id}`;
      if (since !== moment || this.handled.has(felt)) continue;
      this.handled.add(felt);
      this.world.timeline.after(atMs, () => this.people.act(who, action));
    }
  }

  /** The right person, and those who may not: all of them click, in any order. */
  private click(id: string, verdict: 'approve' | 'reject', asker: string): void {
    const { timeline, random } = this.world;
    const { hesitationMs } = this.script;
    const somebodyElse = asker === PEOPLE.approver ? PEOPLE.second : PEOPLE.approver;
    timeline.after(hesitationMs, () => this.people.decide(somebodyElse, verdict, id));
    if (random.chance(0.2))
      timeline.after(hesitationMs, () => this.people.decide(PEOPLE.second, 'approve', id));
    if (random.chance(0.3)) timeline.after(hesitationMs / 2, () => this.people.decide(asker, 'approve', id));
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
    if (view.status === 'data differs') once('differs', 3_000, () => this.sayToDifferences());
    // A watch of clients that change their address goes on until all were seen to, or somebody says it is enough.
    if (this.closing && view.switch === 'code' && view.canFinish)
      once('watched', 60_000, () => this.people.act(PEOPLE.requester, 'finish'));
    if (view.status === 'stuck') once('stuck', 10_000, () => this.repair(view));
    if (view.status === 'rolled back' && this.restartsLeft > 0) {
      this.restartsLeft -= 1;
      timeline.after(RESTART_MS[view.switch], () => this.startAgain());
    }
  }

  /** Whoever has said something that did not help asks for a repair. */
  private sayToDifferences(): void {
    const said = this.closing || this.hasSpoken ? 'repair' : this.script.onDifferences;
    if (said === undefined) return;
    this.hasSpoken = true;
    this.people.act(PEOPLE.requester, said);
  }

  /** A person does what the instructions say: frees what others hold, makes the target writable, and resumes. */
  private repair(view: UpgradeView): void {
    if (this.repairs >= MOST_REPAIRS && !this.closing) return;
    if (this.repairs >= 2 * MOST_REPAIRS) return;
    this.repairs += 1;
    const { cloud } = this.world;
    for (const ip of [...cloud.foreign.keys()]) cloud.free(ip);
    const wayBack = view.canRollBack && BACK_ONLY.has(view.stuck?.code ?? '') && this.repairs % 2 === 0;
    this.people.act(PEOPLE.approver, wayBack ? 'roll-back-lossless' : 'resume');
  }

  /** The target has to be empty before it can be a target again. */
  private startAgain(): void {
    this.world.cloud.get('crs-target').server.empty();
    this.people.start(PEOPLE.requester);
  }
}

function momentsOf(view: UpgradeView): Moment[] {
  const { rollback } = view;
  if (rollback !== undefined)
    return rollback.callingOff === undefined && !rollback.done ? ['rolling-back'] : [];
  if (view.canVerify) return ['compared'];
  if (!view.canRollBack) return [];
  if (view.status === 'stuck') return ['stuck'];
  return view.currentStep === 'soak' ? ['watched'] : [];
}
