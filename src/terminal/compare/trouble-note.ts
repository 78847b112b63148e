import type { CompareError } from '../../compare/wire/compare-error.ts';
import { durationOf } from '../words.ts';
import type { Session } from './session.ts';
import { troubleOf } from './trouble.ts';

/** A line about trouble that may pass. */
export function troubleNote({ watch, request }: Session, error: CompareError, waitMs: number): string {
  const side = watch.sideOf(error);
  const { message } = troubleOf(error, side, side === undefined ? undefined : request.addresses[side]);
  return `${message} Trying again in ${durationOf(waitMs)}.`;
}
