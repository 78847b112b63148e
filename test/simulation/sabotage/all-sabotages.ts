import { OF_THE_ADDRESS } from './of-the-address.ts';
import { OF_THE_APPROVAL } from './of-the-approval.ts';
import { OF_THE_COPY } from './of-the-copy.ts';
import { OF_THE_ENGINE } from './of-the-engine.ts';
import { OF_THE_ROLLBACK } from './of-the-rollback.ts';
import type { Sabotage } from './sabotage.ts';

/** Every breakage that has to be noticed. */
export const SABOTAGES: readonly Sabotage[] = [
  ...OF_THE_COPY,
  ...OF_THE_ADDRESS,
  ...OF_THE_APPROVAL,
  ...OF_THE_ENGINE,
  ...OF_THE_ROLLBACK,
];
