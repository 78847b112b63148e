import { createHash } from 'node:crypto';

/** One thing that happened, in the words of an onlooker: clients, cloud, people and the store, nothing of how the product works. */
export type Happening =
  /** Something was made to go wrong. `id` names this one in every run with the same seed. */
  | { kind: 'fault'; fault: string; id: string }
  | { kind: 'process'; process: string; what: 'started' | 'crashed' | 'froze' }
  /** The store granted the right to act; it forgot everything since `sinceMs`. */
  | { kind: 'lease'; upgrade: string; process: string; token: string }
  | { kind: 'store-lost'; sinceMs: number }
  /** A line of a journal that the store took. */
  | { kind: 'journal'; upgrade: string; process: string; line: string }
  /** A person clicked or typed; and what came back. */
  | { kind: 'asked'; who: string; action: string; upgrade: string; approvalId?: string; click: number }
  | {
      kind: 'answered';
      who: string;
      action: string;
      click: number;
      answer: 'accepted' | 'refused' | 'failed';
      code: string;
    }
  /** An approval request as people were shown it. */
  | { kind: 'shown'; upgrade: string; approvalId: string; digest: string; facts: unknown; requester: string }
  /** Anything else that people were shown, as one text. */
  | { kind: 'said'; upgrade: string; status: string; text: string }
  /** A call that changes something left a process (`person` in the console). `call` numbers it. */
  | { kind: 'call'; process: string; token: string; action: string; args: readonly unknown[]; call: number }
  /** The cloud really changed. */
  | { kind: 'address'; instance: string; ip: string; port: number; by: string }
  | { kind: 'gate'; instance: string; readOnly: boolean }
  /** Clients were told to use this instance, by the webhook or by people. */
  | { kind: 'told'; instance: string; ip: string; port: number }
  | { kind: 'resized'; instance: string; memoryMb: number }
  | { kind: 'address-taken' | 'address-freed'; ip: string; by: string }
  | { kind: 'job'; job: string; status: string; upgrade: string }
  /** An operation of a client; `executed` names the instance that did it. */
  | { kind: 'invoke'; client: string; op: number; key: string; value: string | null }
  | { kind: 'executed'; client: string; op: number; instance: string }
  | { kind: 'acknowledged' | 'refused' | 'unknown'; client: string; op: number };

export type Entry = Happening & { t: number };

/** What happened in a run, in order. */
export class History {
  readonly entries: Entry[] = [];
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  add(happening: Happening): void {
    this.entries.push({ t: this.now(), ...happening });
  }
}

/** The same for the same history, and for no other. */
export function hashOf(entries: readonly Entry[]): string {
  const digest = createHash('sha256');
  for (const entry of entries) digest.update(JSON.stringify(entry)).update('\n');
  return digest.digest('hex');
}
