// Talking to the sandbox: one stream of changes in, one request for each thing a person does out.
import type { ActionAnswer, Update } from './protocol.ts';
import { apply, changed, screen } from './store.ts';
import { toast } from './toasts.ts';

let stream: EventSource | undefined;

/** Looks at the workspace as this person from now on. */
export function lookAs(user: string): void {
  stream?.close();
  const source = new EventSource(`/_page/events?user=${encodeURIComponent(user)}`);
  stream = source;
  source.onmessage = (event: MessageEvent<string>) => {
    if (source === stream) apply(JSON.parse(event.data) as Update);
  };
  source.onerror = () => {
    screen.connected = false;
    changed();
  };
  const address = new URL(location.href);
  if (user !== '') address.searchParams.set('as', user);
  history.replaceState(null, '', address);
}

async function post(name: string, body: object): Promise<ActionAnswer> {
  try {
    const response = await fetch(`/_page/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user: screen.snapshot.me, ...body }),
    });
    return (await response.json()) as ActionAnswer;
  } catch {
    return { ok: false, error: 'the sandbox is not reachable' };
  }
}

const explanations: Readonly<Record<string, string>> = {
  operation_timeout: 'The app did not answer within three seconds (operation_timeout).',
  dispatch_failed: 'The app could not be reached (dispatch_failed).',
  http_service_error: 'The app answered with an error (http_service_error).',
  invalid_response: 'The app gave an answer that Slack does not accept (invalid_response).',
};

/** Does one thing as the person on the screen; a failure also becomes a toast. */
export async function act(name: string, body: object): Promise<ActionAnswer> {
  const answer = await post(name, body);
  const isShownElsewhere = answer.errors !== undefined || answer.error === 'unknown_command';
  if (!answer.ok && !isShownElsewhere) {
    toast(explanations[answer.error ?? ''] ?? answer.error ?? 'That did not work.', 'bad');
  }
  return answer;
}
