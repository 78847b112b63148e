/** What has to be taken down at the end, the newest first. */
export class CleanUp {
  readonly #steps: (() => Promise<unknown>)[] = [];
  #running: Promise<void> | undefined;

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /** Runs every step once, even when some fail; then rejects with their errors. Safe to call again. */
  async run(): Promise<void> {
    this.#running ??= this.#run();
    await this.#running;
  }

  async #run(): Promise<void> {
    const errors: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0)
      throw new AggregateError(errors, 'Not everything of the sandbox could be taken down');
  }
}
