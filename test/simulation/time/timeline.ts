interface Due {
  atMs: number;
  order: number;
  happen: () => void;
}

/** Time that stands still until something is due. What is due at the same instant happens in the order it was asked for. */
export class Timeline {
  private readonly heap: Due[] = [];
  private order = 0;
  private present: number;

  constructor(startMs: number) {
    this.present = startMs;
  }

  /** The present in whole milliseconds since 1970, as a clock shows it. */
  now(): number {
    return Math.floor(this.present);
  }

  /** The present with its fractions. */
  exactly(): number {
    return this.present;
  }

  after(ms: number, happen: () => void): void {
    this.at(this.present + Math.max(0, ms), happen);
  }

  at(atMs: number, happen: () => void): void {
    const due: Due = { atMs: Math.max(this.present, atMs), order: this.order, happen };
    this.order += 1;
    this.heap.push(due);
    this.rise(this.heap.length - 1);
  }

  /** Lets the next thing happen; false when nothing is due any more. */
  step(): boolean {
    const [first] = this.heap;
    if (first === undefined) return false;
    const last = this.heap.pop();
    if (last !== undefined && this.heap.length > 0) {
      this.heap[0] = last;
      this.sink();
    }
    this.present = first.atMs;
    first.happen();
    return true;
  }

  private rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.isSooner(index, parent)) return;
      this.swap(index, parent);
      index = parent;
    }
  }

  private sink(): void {
    let index = 0;
    for (;;) {
      let soonest = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < this.heap.length && this.isSooner(child, soonest)) soonest = child;
      }
      if (soonest === index) return;
      this.swap(index, soonest);
      index = soonest;
    }
  }

  private isSooner(left: number, right: number): boolean {
    const a = this.heap[left];
    const b = this.heap[right];
    if (a === undefined || b === undefined) return false;
    return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;
  }

  private swap(left: number, right: number): void {
    const a = this.heap[left];
    const b = this.heap[right];
    if (a === undefined || b === undefined) return;
    this.heap[left] = b;
    this.heap[right] = a;
  }
}
