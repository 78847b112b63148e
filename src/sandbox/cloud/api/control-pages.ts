import { coverage } from '../coverage.ts';
import { type Faults, faultRuleSchema } from '../faults.ts';
import type { Journal } from './journal.ts';

export interface ControlRequest {
  method: string;
  url: URL;
  contentType: string | undefined;
  body: string;
}
export interface ControlAnswer {
  status: number;
  content: unknown;
}

/**
 * The sandbox's own side of the endpoint, for a page or a test in another process; nothing of it exists at Tencent.
 * `GET /sandbox/faults` lists the faults, `POST` adds a FaultRule and answers its `id`, `DELETE ?id=N` clears one and
 * `DELETE` all; `GET /sandbox/calls` is the journal, `GET /sandbox/coverage` the table of actions.
 */
export class ControlPages {
  readonly #faults: Faults;
  readonly #journal: Journal;

  constructor(faults: Faults, journal: Journal) {
    this.#faults = faults;
    this.#journal = journal;
  }

  answer(request: ControlRequest): ControlAnswer {
    const route = `${request.method} ${request.url.pathname}`;
    switch (route) {
      case 'GET /sandbox/faults':
        return { status: 200, content: this.#faults.list() };
      case 'POST /sandbox/faults':
        return this.#addFault(request);
      case 'DELETE /sandbox/faults':
        return this.#clearFaults(request.url.searchParams.get('id'));
      case 'GET /sandbox/calls':
        return { status: 200, content: this.#journal.calls };
      case 'GET /sandbox/coverage':
        return { status: 200, content: coverage };
      default:
        return { status: 404, content: { error: `Nothing at ${route}` } };
    }
  }

  #addFault(request: ControlRequest): ControlAnswer {
    // A page of a foreign origin cannot send this content type without asking first, and nobody answers that question.
    if (!request.contentType?.startsWith('application/json')) {
      return { status: 415, content: { error: 'Send application/json' } };
    }
    let body: unknown;
    try {
      body = JSON.parse(request.body);
    } catch {
      return { status: 400, content: { error: 'Not JSON' } };
    }
    const rule = faultRuleSchema.safeParse(body);
    if (!rule.success) return { status: 400, content: { error: rule.error.issues } };
    return { status: 201, content: { id: this.#faults.add(rule.data) } };
  }

  #clearFaults(id: string | null): ControlAnswer {
    if (id !== null && !/^\d+$/.test(id)) return { status: 400, content: { error: 'id must be a number' } };
    this.#faults.clear(id === null ? undefined : Number(id));
    return { status: 200, content: this.#faults.list() };
  }
}
