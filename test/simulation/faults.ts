import type { History } from './history.ts';
import { chooser, createRandom } from './time/random.ts';

/**
 * Everything that can be made to go wrong, with how often it does where it is possible, in a run that has chosen it. A run
 * chooses some kinds and leaves others out: what is always there hides what happens only without it.
 */
export const FAULT_RATES = {
  /** The cloud says no before it did anything, or after; does it so late that nobody waits any more; wants fewer requests. */
  'cloud-error-before': 0.05,
  'cloud-error-after': 0.06,
  'cloud-late': 0.05,
  'cloud-throttled': 0.05,
  'cloud-read-fails': 0.01,
  'cloud-slow': 0.05,
  /** A task ends without having done anything; takes much longer. */
  'task-fails': 0.08,
  'task-slow': 0.08,
  'task-without-number': 0.3,
  /** Of the read-only switch: the cloud refuses it; it stops plain writes only. */
  'fence-refused': 0.25,
  'fence-lets-scripts-through': 0.3,
  /** The team's webhook does not answer, having taken it or not. */
  'webhook-fails': 0.4,
  /** An instance does not tell who is connected to it. */
  'connections-hidden': 0.2,
  /** Somebody else's resource takes a free address of the subnet, soon after it became free. */
  'address-grabbed': 0.15,
  /** Of the sync job. */
  'job-fails': 0.25,
  'job-check-fails': 0.15,
  'job-seen-late': 0.5,
  'job-drops-its-rest': 0.5,
  'lag-grows': 0.3,
  /** Between two calls a process dies: before one is made, after it took effect, or at any time. */
  'crash-before-call': 0.004,
  'crash-after-call': 0.004,
  'crash-any-time': 0.5,
  /** A process stands still for longer than its lease. */
  freeze: 0.004,
  /** The store does not answer; did it and does not say so; does it twice, since its client sends again; forgets its last second. */
  'store-error-before': 0.004,
  'store-error-after': 0.004,
  'store-twice': 0.006,
  'store-outage': 0.5,
  'store-loses-a-second': 0.015,
  'bell-lost': 0.06,
  'bell-doubled': 0.06,
  'bell-late': 0.06,
  /** A connection of the bot breaks, or answers too late. */
  'redis-breaks': 0.003,
  'redis-refuses-connection': 0.02,
  /** A client's connection survives an address move; a client's answer is lost. */
  'connection-forgotten': 0.25,
  'client-answer-lost': 0.03,
  /** Nobody sees messages; the directory of approvers cannot be read. */
  'slack-down': 0.4,
  'directory-down': 0.2,
  /** The copy silently misses a change. */
  'copy-misses-a-change': 0.03,
  /** Somebody resizes the target in the console while people think about the approval. */
  'target-resized': 0.5,
  /** A key expires between the snapshot and its arrival, while it is renewed on the source: the copy leaves it out. */
  'copy-outlives-a-key': 0.3,
} as const;

export type FaultKind = keyof typeof FAULT_RATES;

export const FAULT_KINDS = Object.keys(FAULT_RATES) as FaultKind[];

/** Which faults a run may have. */
export interface FaultProfile {
  /** How much of the above; 0: none at all. */
  intensity: number;
  /** Only these kinds; unset: the seed chooses. */
  kinds?: readonly FaultKind[];
  /** Only faults with these ids, of those that the seed would inject: how a history is made shorter. */
  only?: ReadonlySet<string>;
}

/** Where a kind of fault was asked about, and how often. */
interface Place {
  name: string;
  times: number;
  choose: (number: number) => number;
}

/** How likely it is that a run has a given kind at all. */
const KIND_CHANCE = 0.3;

/** Decides by name and number, never by order, so that leaving one fault out leaves the decisions about others as they were. */
export class Faults {
  readonly injected = new Map<FaultKind, number>();
  readonly ids: string[] = [];
  private readonly enabled: ReadonlyMap<FaultKind, number>;
  private readonly places = new Map<FaultKind, Map<string, Place>>();
  private readonly seed: number;
  private readonly profile: FaultProfile;
  private readonly history: History;
  private over = false;

  constructor(seed: number, profile: FaultProfile, history: History) {
    this.seed = seed;
    this.profile = profile;
    this.history = history;
    this.enabled = chooseKinds(seed, profile);
  }

  /** From now on nothing goes wrong any more. */
  end(): void {
    this.over = true;
  }

  isOver(): boolean {
    return this.over;
  }

  /** Whether this goes wrong now, at the given place. Every question at the same place has a number of its own. */
  strikes(kind: FaultKind, place: string): boolean {
    const rate = this.enabled.get(kind);
    if (rate === undefined || this.over) return false;
    const asked = this.askedAt(kind, place);
    asked.times += 1;
    if (asked.choose(asked.times) >= rate) return false;
    const id = `${asked.name}${asked.times}`;
    if (this.profile.only !== undefined && !this.profile.only.has(id)) return false;
    this.injected.set(kind, (this.injected.get(kind) ?? 0) + 1);
    this.ids.push(id);
    this.history.add({ kind: 'fault', fault: kind, id });
    return true;
  }

  private askedAt(kind: FaultKind, where: string): Place {
    const places = this.places.get(kind) ?? new Map<string, Place>();
    this.places.set(kind, places);
    const known = places.get(where);
    if (known !== undefined) return known;
    const name = `${kind}@${where}#`;
    const place: Place = { name, times: 0, choose: chooser(this.seed, name) };
    places.set(where, place);
    return place;
  }
}

function chooseKinds(seed: number, profile: FaultProfile): Map<FaultKind, number> {
  const random = createRandom(seed, 'faults');
  const enabled = new Map<FaultKind, number>();
  for (const kind of FAULT_KINDS) {
    const isChosen = random.chance(KIND_CHANCE);
    const strength = 0.3 + 1.4 * random.next();
    const rate = FAULT_RATES[kind] * strength * profile.intensity;
    if (rate > 0 && (profile.kinds?.includes(kind) ?? isChosen)) enabled.set(kind, Math.min(1, rate));
  }
  return enabled;
}
