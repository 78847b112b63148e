import type { Stream } from './progress-display.ts';

/** What the command stands on: handed to it, so that it can be tried without a terminal. */
export interface CompareSurroundings {
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** How this program was called, so that what it says can be typed. */
  readonly program: string;
  now(): number;
  /** From 0 to 1, as `Math.random`. */
  random(): number;
  /** One line that a person types; undefined when there is nobody. */
  readLine(): Promise<string | undefined>;
  /** Calls back once when somebody wants it to end. */
  onInterrupt(listener: () => void): void;
}
