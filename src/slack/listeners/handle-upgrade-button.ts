import type { Person } from '../../service/upgrade-service.ts';
import { type Content, sentences } from '../blocks/content.ts';
import { NO_REASON } from '../names.ts';
import { type Handling, serve } from './handling.ts';
import { steered } from './steered-answer.ts';

/** Said to everybody who asks for a way back after the hand-over. */
export const NO_ROLLBACK =
  'This version has no rollback on request. Until the address is handed to the target, every failure and every abort is undone automatically: /redis-upgrade abort UPGRADE. After that the target may hold writes that the source lacks, and there is no way back yet.';

export function handleAbort(deps: Handling, person: Person, upgradeId: string): Promise<Content> {
  const call = (): ReturnType<typeof deps.service.abort> =>
    deps.service.abort(person, { upgradeId, reason: NO_REASON });
  return serve(deps, person, { what: 'abort', call, render: (view) => steered('abort', view) });
}

export function handleFinish(deps: Handling, person: Person, upgradeId: string): Promise<Content> {
  const call = (): ReturnType<typeof deps.service.finish> => deps.service.finish(person, upgradeId);
  return serve(deps, person, { what: 'finish', call, render: (view) => steered('finish', view) });
}

export function handleRollBack(): Promise<Content> {
  return Promise.resolve(sentences([NO_ROLLBACK]));
}
