import { createHash } from 'node:crypto';
import type { Entry } from '../history.ts';
import type { LastWord } from './last-word.ts';
import { Serving } from './serving.ts';
import type { Violation } from './violation.ts';

interface Request {
  digest: string;
  facts: unknown;
  requester: string;
  expiresAtMs: number;
  purpose: Purpose;
}

type Purpose = 'cutover' | 'rollback' | 'repair';

interface Facts {
  source?: { id?: string };
  target?: { id?: string; memoryMb?: number };
  oldAddress?: { ip?: string; port?: number };
  parkingAddress?: { ip?: string; port?: number };
}

/** The facts are looked at so shortly before the fence, whatever stands still in between. */
const LAST_LOOK_MS = 60_000;

/** Who may approve, in every run. */
const ALLOWED = ['U-APPROVER', 'U-SECOND', 'U-REQUESTER'];

/**
 * no-cutover-without-approval. Fencing the instance that serves, giving clients another one, or opening the other one takes an
 * approval: by somebody who may, who did not ask for it, for the digest of exactly what was shown, which names the very instances
 * and addresses of the call, and which is not void. The way back from the target takes one of its own.
 */
export function checkApprovals(entries: readonly Entry[], last: LastWord): Violation[] {
  const watch = new ApprovalWatch(last);
  for (const entry of entries) watch.see(entry);
  return watch.violations.slice(0, 3);
}

class ApprovalWatch {
  readonly violations: Violation[] = [];
  private readonly last: LastWord;
  private readonly requests = new Map<string, Request>();
  private readonly asked = new Map<number, { who: string; approvalId: string }>();
  /** Approvals that count now, by id. */
  private readonly live = new Map<string, Request>();
  private readonly resized = new Map<string, { t: number; memoryMb: number }>();
  private readonly serving: Serving;
  /** Who asked for the upgrade, for its rollback, and for a repair. */
  private readonly askers: Record<Purpose, string> = { cutover: '', rollback: '', repair: '' };
  private repairsByItself = false;
  /** What was allowed until the latest repair or upgrade ended. */
  private allowedBefore: { t: number; live: [string, Request][]; byItself: boolean } | undefined;

  constructor(last: LastWord) {
    this.last = last;
    this.serving = new Serving(last);
  }

  see(entry: Entry): void {
    this.serving.see(entry);
    switch (entry.kind) {
      case 'journal':
        this.seeJournal(JSON.parse(entry.line), entry.t);
        return;
      case 'asked':
        if (entry.action === 'approve' && entry.approvalId !== undefined) {
          this.asked.set(entry.click, { who: entry.who, approvalId: entry.approvalId });
        }
        return;
      case 'store-lost':
        this.remember(entry.sinceMs);
        return;
      case 'resized':
        this.resized.set(entry.instance, entry);
        return;
      case 'call':
        if (entry.process !== 'person') this.seeCall(entry);
        return;
      default:
        return;
    }
  }

  /** Decisions as they became valid: a click that was taken but whose answer was lost counts as well. */
  private seeJournal(event: JournalLine, t: number): void {
    const { type, approvalId = '' } = event;
    if (/approval_requested$/.test(type)) {
      const { digest = '', facts, expiresAtMs = Number.POSITIVE_INFINITY } = event;
      const purpose = purposeOf(type);
      const requester = this.askers[purpose];
      this.requests.set(approvalId, { digest, facts, requester, expiresAtMs, purpose });
    }
    if (type === 'requested') this.askers.cutover = event.actor.id;
    if (type === 'rollback_requested') this.askers.rollback = event.actor.id;
    if (type === 'rollback_called_off') this.endAll('rollback');
    this.seeRepair(event, t);
    if (type === 'approval_given') this.give(event, approvalId);
    if (/^approval_(rejected|expired|voided)$/.test(type)) this.live.delete(approvalId);
    if (type === 'ended') {
      this.allowedBefore = { t, live: [...this.live], byItself: this.repairsByItself };
      this.live.clear();
    }
    // Whether clients were told as well is theirs to say; nothing of the rollback is left to approve.
    if (type === 'ended' && event.outcome === 'rolled_back')
      this.serving.see({ t, kind: 'told', instance: this.last.source, ...this.last.oldAddress });
  }

  /** What is compared afresh is approved afresh: after a repair, and whenever somebody asks for it. */
  private seeRepair({ type, step, actor, automatic }: JournalLine, t: number): void {
    if (type === 'repair_requested') {
      this.askers.repair = actor.id;
      this.repairsByItself = automatic === true;
    }
    const repairs = step === 'repair-target' && (type === 'step_started' || type === 'step_succeeded');
    if (type === 'verification_requested' || repairs) this.endAll('cutover');
    const isOver = type === 'repair_called_off' || (repairs && type === 'step_succeeded');
    if (!isOver) return;
    const live = [...this.live].filter(([, { purpose }]) => purpose === 'repair');
    this.allowedBefore = { t, live, byItself: this.repairsByItself };
    this.endAll('repair');
    this.repairsByItself = false;
  }

  /** A store that has forgotten an end goes on, under what was allowed until then. */
  private remember(since: number): void {
    if (this.allowedBefore === undefined || this.allowedBefore.t < since) return;
    for (const [id, request] of this.allowedBefore.live) this.live.set(id, request);
    this.repairsByItself = this.allowedBefore.byItself;
  }

  private endAll(of: Purpose): void {
    for (const [id, { purpose }] of this.live) if (purpose === of) this.live.delete(id);
  }

  private give(event: JournalLine, approvalId: string): void {
    const request = this.requests.get(approvalId);
    const who = event.actor.id;
    const clicked = [...this.asked.values()].some(
      (click) => click.who === who && click.approvalId === approvalId,
    );
    const reasons = [
      request === undefined ? 'nobody was asked for it' : undefined,
      clicked ? undefined : `${who} never clicked it`,
      ALLOWED.includes(who) ? undefined : `${who} may not approve`,
      request !== undefined && (event.atMs ?? 0) >= request.expiresAtMs ? 'it had expired' : undefined,
      who === request?.requester ? `${who} asked for it` : undefined,
      request !== undefined && digestOf(request.facts) !== event.digest
        ? 'its digest is not that of the facts'
        : undefined,
    ].filter((reason) => reason !== undefined);
    if (reasons.length > 0) this.complain(`approval ${approvalId} was given although ${reasons.join(', ')}`);
    else if (request !== undefined) this.live.set(approvalId, request);
  }

  private seeCall(entry: Extract<Entry, { kind: 'call' }>): void {
    const instance = String(entry.args[0]);
    if (entry.action === 'setSyncTargetReadOnly' && entry.args[1] === false) this.seeOpened(entry.t);
    const act = this.actOf(entry, instance);
    if (act === undefined) return;
    const what = `${entry.action}(${entry.args.join(', ')}) at ${entry.t} ms`;
    const to = act.takesAway ? String(entry.args[1]) : undefined;
    const covered = [...this.live.values()].some(
      ({ facts, purpose }) =>
        purpose === (act.isBack ? 'rollback' : 'cutover') && covers(facts as Facts, { instance, to }),
    );
    const kind = act.isBack ? 'a rollback' : 'a cutover';
    if (!covered) this.complain(`${what} was made without a live approval of ${kind} for it`);
    if (act.isFence && this.isOutdated(entry.t, act.isBack))
      this.complain(`${what} was made although the target is not what was shown`);
  }

  /** Nobody but the copy writes to its target, unless a repair was approved, or begun by the bot itself. */
  private seeOpened(t: number): void {
    const approved = [...this.live.values()].some(({ purpose }) => purpose === 'repair');
    if (!approved && !this.repairsByItself)
      this.complain(`the target of the copy was opened at ${t} ms without a live approval of a repair`);
  }

  /** What a call does to clients, if it does: on the way to the target, or back from it. */
  private actOf({ action, args }: Extract<Entry, { kind: 'call' }>, instance: string): Act | undefined {
    const [, to, port] = args;
    const { last, serving } = this;
    const { oldAddress } = last;
    const toOld = to === oldAddress.ip && port === oldAddress.port;
    const serves = instance === serving.now;
    // Nobody serves in the middle of a move: until it is over the instance that did counts.
    const isBack = serving.last === last.target;
    const isFence = action === 'setReadOnly' && to === true && serves;
    const opens = action === 'setReadOnly' && to === false && isBack && instance === last.source;
    const takesAway = action === 'changeAddress' && serves && !toOld;
    const gives = action === 'changeAddress' && toOld && instance !== serving.last;
    const moved = action === 'moveToSubnet' && serves;
    const tells = action === 'announce' && instance !== serving.last;
    return isFence || opens || takesAway || gives || moved || tells
      ? { isBack, isFence, takesAway }
      : undefined;
  }

  /** What was approved is not what there is, and has not been for longer than the last look can be ago. */
  private isOutdated(t: number, isBack: boolean): boolean {
    return [...this.live.values()].some(({ facts, purpose }) => {
      if (purpose !== (isBack ? 'rollback' : 'cutover')) return false;
      const { id = '', memoryMb } = (facts as Facts).target ?? {};
      const now = this.resized.get(id);
      return now !== undefined && t - now.t > LAST_LOOK_MS && now.memoryMb !== memoryMb;
    });
  }

  private complain(message: string): void {
    this.violations.push({ invariant: 'no-cutover-without-approval', message });
  }
}

interface Act {
  /** From the target to the source. */
  isBack: boolean;
  isFence: boolean;
  takesAway: boolean;
}

interface JournalLine {
  type: string;
  atMs?: number;
  expiresAtMs?: number;
  approvalId?: string;
  digest?: string;
  facts?: unknown;
  step?: string;
  outcome?: string;
  automatic?: boolean;
  actor: { id: string };
}

function purposeOf(type: string): Purpose {
  if (type.startsWith('rollback')) return 'rollback';
  return type.startsWith('repair') ? 'repair' : 'cutover';
}

/** The approved facts name the instance of the call, and where an address was shown it is the one of the call. */
function covers(facts: Facts, call: { instance: string; to: string | undefined }): boolean {
  const named = [facts.source?.id, facts.target?.id].includes(call.instance);
  const shown = facts.parkingAddress?.ip;
  return named && (call.to === undefined || shown === call.to);
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(inOrder(value)).digest('hex');
}

function inOrder(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inOrder).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const parts = Object.entries(value).filter(([, part]) => part !== undefined);
  parts.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${parts.map(([name, part]) => `${JSON.stringify(name)}:${inOrder(part)}`).join(',')}}`;
}
