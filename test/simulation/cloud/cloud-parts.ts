import type { Faults } from '../faults.ts';
import type { History } from '../history.ts';
import type { Network } from '../redis/network.ts';
import type { Random } from '../time/random.ts';
import type { Timeline } from '../time/timeline.ts';

/** What the parts of the cloud share. */
export interface CloudParts {
  timeline: Timeline;
  random: Random;
  faults: Faults;
  history: History;
  network: Network;
  /** Something that decides whether an instance takes writes has changed. */
  onGate(instance: string): void;
}
