import type { Person } from '../../service/upgrade-service.ts';
import type { Content } from '../blocks/content.ts';
import { NO_REASON } from '../names.ts';
import { type Handling, serve } from './handling.ts';
import { steered } from './steered-answer.ts';

export function handleAbort(deps: Handling, person: Person, upgradeId: string): Promise<Content> {
  const call = (): ReturnType<typeof deps.service.abort> =>
    deps.service.abort(person, { upgradeId, reason: NO_REASON });
  return serve(deps, person, { what: 'abort', call, render: (view) => steered('abort', view) });
}

export function handleFinish(deps: Handling, person: Person, upgradeId: string): Promise<Content> {
  const call = (): ReturnType<typeof deps.service.finish> => deps.service.finish(person, upgradeId);
  return serve(deps, person, { what: 'finish', call, render: (view) => steered('finish', view) });
}
