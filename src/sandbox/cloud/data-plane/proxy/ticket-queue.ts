import { refusal, type Ticket } from './ticket.ts';

const compactAfter = 1024;

/** The tickets of one connection in the order of their requests: the next reply belongs to the head. */
export class TicketQueue {
  /** Tickets whose write may still be executed. */
  writes = 0;
  #tickets: Ticket[] = [];
  #head = 0;
  #repliesSeen = 0;
  #kept: Buffer[] = [];

  get length(): number {
    return this.#tickets.length - this.#head;
  }

  add(ticket: Ticket): void {
    this.#tickets.push(ticket);
    if (ticket.mayWrite) this.writes++;
  }

  /** Puts an answer of the proxy's own behind everything that waits. */
  refuse(answer: Buffer): void {
    this.#tickets.push({ ...refusal(''), answer });
  }

  head(): Ticket | undefined {
    return this.#tickets[this.#head];
  }

  headIsLocal(): boolean {
    return this.head()?.answer !== undefined;
  }

  /** The head's answer, when the proxy gives it; takes the ticket off the queue. */
  takeLocal(): Buffer | undefined {
    const answer = this.head()?.answer;
    if (answer) this.#drop();
    return answer;
  }

  /**
   * One more reply to the head has come, whole when it is kept for a transform. `last`: it is the last one whatever was
   * expected. Returns undefined while more are expected.
   */
  answered(whole: Buffer | undefined, last: boolean): { transformed: Buffer | undefined } | undefined {
    const head = this.head();
    if (!head) return undefined;
    this.#repliesSeen++;
    if (whole) this.#kept.push(whole);
    if (this.#repliesSeen < head.replies && !last) return undefined;
    const transformed = head.transform?.(this.#kept);
    if (head.mayWrite) this.writes--;
    this.#drop();
    return { transformed };
  }

  #drop(): void {
    this.#head++;
    this.#repliesSeen = 0;
    if (this.#kept.length > 0) this.#kept = [];
    if (this.#head === this.#tickets.length) {
      this.#tickets.length = 0;
      this.#head = 0;
    } else if (this.#head > compactAfter && this.#head * 2 > this.#tickets.length) {
      this.#tickets = this.#tickets.slice(this.#head);
      this.#head = 0;
    }
  }
}
