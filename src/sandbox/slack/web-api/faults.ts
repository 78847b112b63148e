/** What goes wrong with a call. `response_url`, `upload_url` and every method name can be hit, `*` hits all. */
export type FaultKind =
  | { kind: 'rate_limited'; retryAfterSeconds: number }
  | { kind: 'http'; status: number }
  | { kind: 'error'; error: string }
  /** Never answered, until the fault is cleared or the server closed. */
  | { kind: 'hang' }
  /** The connection is cut and nothing was done. */
  | { kind: 'drop' }
  /** Done, then the connection is cut before the answer. */
  | { kind: 'drop_after' }
  | { kind: 'slow'; ms: number };

export type Fault = FaultKind & {
  method: string;
  /** How many calls it hits; without it, every call until cleared. */
  times?: number;
};

interface ActiveFault {
  fault: Fault;
  left: number;
}

/** The faults in force. One outage stands above all others and cuts every connection. */
export class Faults {
  readonly #active: ActiveFault[] = [];
  readonly #onClear = new Set<() => void>();
  outage = false;

  /** Adds a fault; the returned function takes it away again. */
  add(fault: Fault): () => void {
    const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.#active.push(entry);
    return () => {
      entry.left = 0;
      this.#wake();
    };
  }

  /** Takes every fault away and lets hanging calls end. */
  clear(): void {
    this.#active.length = 0;
    this.#wake();
  }

  /** The fault this call meets, counted as used. */
  next(method: string): FaultKind | undefined {
    if (this.outage) return { kind: 'drop' };
    const entry = this.#active.find(
      ({ fault, left }) => left > 0 && (fault.method === '*' || fault.method === method),
    );
    if (!entry) return undefined;
    entry.left -= 1;
    return entry.fault;
  }

  /** Resolves when faults are next taken away. */
  cleared(): Promise<void> {
    return new Promise((resolve) => this.#onClear.add(resolve));
  }

  #wake(): void {
    for (const resolve of this.#onClear) resolve();
    this.#onClear.clear();
  }
}
