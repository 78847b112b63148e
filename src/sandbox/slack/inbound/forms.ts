// Modals: submitting, closing, and what the app answers to a submission.
import { z } from 'zod';
import type { StoredView } from '../views.ts';
import { SlackFailure } from '../web-api/failure.ts';
import { readView } from '../web-api/views.ts';
import type { InboundParts, Outcome } from './commands.ts';
import { type FormValues, readForm } from './form-values.ts';
import { closedPayload, submissionPayload } from './payloads.ts';
import { assertCanAct } from './person.ts';

const answer = z.discriminatedUnion('response_action', [
  z.object({ response_action: z.literal('errors'), errors: z.record(z.string(), z.string()) }),
  z.object({ response_action: z.enum(['update', 'push']), view: z.record(z.string(), z.unknown()) }),
  z.object({ response_action: z.literal('clear') }),
]);

export interface Submission {
  user: string;
  viewId: string;
  values: FormValues;
}

export class Forms {
  readonly #parts: InboundParts;

  constructor(parts: InboundParts) {
    this.#parts = parts;
  }

  /**
   * Submits a modal. Missing required input is refused before the app hears of it, as Slack's client does.
   * The outcome carries `errors` by block_id when the person has to correct something.
   */
  async submit(submission: Submission): Promise<Outcome> {
    const { world, deliver } = this.#parts;
    const view = this.#openView(submission.user, submission.viewId);
    const form = readForm(view.content.blocks, submission.values);
    if (Object.keys(form.errors).length > 0) return this.#showErrors(view, form.errors);
    const payload = submissionPayload(world.workspace, {
      user: submission.user,
      view: world.views.toWire(view, form.values),
      triggerId: world.triggers.create(submission.user),
    });
    const delivery = await deliver({ type: 'interactive', payload });
    if (!delivery.ok) return delivery;
    if (delivery.body === undefined || Object.keys(delivery.body).length === 0) {
      world.views.close(view);
      return { ok: true };
    }
    return this.#obey(view, delivery.body);
  }

  /** Closes the modal on top. The app hears of it when the view asked to be told. */
  async close(user: string, viewId: string, options: { all?: boolean } = {}): Promise<Outcome> {
    const { world, deliver } = this.#parts;
    const view = this.#openView(user, viewId);
    const isCleared = options.all === true || view.content['clear_on_close'] === true;
    if (isCleared) world.views.closeAll(user);
    else world.views.close(view);
    if (view.content['notify_on_close'] !== true) return { ok: true };
    const wire = world.views.toWire(view);
    const payload = closedPayload(world.workspace, { user, view: wire, isCleared });
    const delivery = await deliver({ type: 'interactive', payload });
    return delivery.ok ? { ok: true } : delivery;
  }

  #openView(user: string, viewId: string): StoredView {
    assertCanAct(this.#parts.world.workspace, user);
    const view = this.#parts.world.views.stack(user).find((candidate) => candidate.id === viewId);
    if (!view) throw new Error(`${user} has no open view ${viewId}`);
    return view;
  }

  #showErrors(view: StoredView, errors: Record<string, string>): Outcome {
    this.#parts.world.views.showErrors(view, errors);
    return { ok: false, error: 'input_errors', errors };
  }

  #obey(view: StoredView, body: unknown): Outcome {
    const { world } = this.#parts;
    const parsed = answer.safeParse(body);
    if (!parsed.success) return { ok: false, error: 'invalid_response' };
    const { data } = parsed;
    if (data.response_action === 'errors') return this.#showErrors(view, data.errors);
    if (data.response_action === 'clear') {
      world.views.closeAll(view.user);
      return { ok: true };
    }
    try {
      const content = readView(data.view, world);
      if (data.response_action === 'update') world.views.update(view, content);
      else if (!world.views.push(view.user, content)) return { ok: false, error: 'push_limit_reached' };
      return { ok: true };
    } catch (error) {
      if (error instanceof SlackFailure) return { ok: false, error: 'invalid_response' };
      throw error;
    }
  }
}
