import type { ChildProcess } from 'node:child_process';
import { runProgram } from './run-program.ts';

/**
 * Lets child processes end with this one. Two ways at once: util-linux's `setpriv --pdeathsig` has the kernel kill the
 * child even when this process is killed with SIGKILL; where there is no setpriv, handlers of exit, SIGINT, SIGTERM and SIGHUP do
 * for all other ends.
 */
class ParentWatch {
  readonly #children = new Set<ChildProcess>();
  #kernelCanKill: Promise<boolean> | undefined;
  #handlersSet = false;

  async wrap(path: string, args: readonly string[]): Promise<{ path: string; args: string[] }> {
    this.#kernelCanKill ??= runProgram('setpriv', ['--pdeathsig', 'KILL', 'true']).then(
      ({ code }) => code === 0,
    );
    if (!(await this.#kernelCanKill)) return { path, args: [...args] };
    return { path: 'setpriv', args: ['--pdeathsig', 'KILL', path, ...args] };
  }

  register(child: ChildProcess): void {
    this.#setHandlers();
    this.#children.add(child);
    const forget = () => this.#children.delete(child);
    child.once('exit', forget);
    child.once('error', forget);
  }

  #killAll(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  #setHandlers(): void {
    if (this.#handlersSet) return;
    this.#handlersSet = true;
    process.on('exit', () => this.#killAll());
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const onSignal = () => {
        // Somebody else handles this signal, perhaps to drain with the servers still up: 'exit' comes later.
        if (process.listenerCount(signal) > 1) return;
        this.#killAll();
        process.off(signal, onSignal);
        process.kill(process.pid, signal);
      };
      process.on(signal, onSignal);
    }
  }
}

export const endWithParent = new ParentWatch();
