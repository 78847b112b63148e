// Waiting for the workspace to reach a state, with a deadline, without polling.
import type { Workspace } from './workspace.ts';

export interface Wanted<Value> {
  /** What is waited for, in words, for the error message. */
  what: string;
  deadlineMs: number;
  find(): Value | undefined;
  /** What is there instead, for the error message. */
  describe(): string;
}

/** Resolves with the first value found now or after any later change; rejects at the deadline. */
export function waitFor<Value>(workspace: Workspace, wanted: Wanted<Value>): Promise<Value> {
  const present = wanted.find();
  if (present !== undefined) return Promise.resolve(present);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`no ${wanted.what} within ${wanted.deadlineMs} ms; there is:\n${wanted.describe()}`));
    }, wanted.deadlineMs);
    const stop = workspace.onChange(() => {
      const found = wanted.find();
      if (found === undefined) return;
      clearTimeout(timer);
      stop();
      resolve(found);
    });
  });
}
