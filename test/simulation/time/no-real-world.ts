import { createRequire, syncBuiltinESMExports } from 'node:module';

/** Thrown, and noted, when code under simulation reaches for the real clock, timers, randomness or network. */
class RealWorldError extends Error {}

/** Code of the product and of the simulation; others in the process, such as a test runner, live in the real world. */
const OURS = /[\\/](src|test[\\/]simulation)[\\/]/;
const THIS_FILE = /no-real-world/;

const require = createRequire(import.meta.url);

/** What may not be touched during a run: where it is, and its name there. */
const FORBIDDEN: readonly (readonly [owner: object, name: string])[] = [
  [globalThis, 'setTimeout'],
  [globalThis, 'setInterval'],
  [Date, 'now'],
  [Math, 'random'],
  [performance, 'now'],
  [require('node:timers'), 'setTimeout'],
  [require('node:timers/promises'), 'setTimeout'],
  [require('node:net'), 'connect'],
  [require('node:crypto'), 'randomBytes'],
  [require('node:crypto'), 'randomUUID'],
  [require('node:crypto'), 'randomInt'],
];

/**
 * Closes the doors to the real world until the returned function is called, which gives what was tried meanwhile. A call made by
 * somebody else's code passes, since a test runner's own timers go on between two events.
 */
export function closeRealWorld(): () => string[] {
  const tried: string[] = [];
  const opened = FORBIDDEN.map(([owner, name]) => {
    const slots = owner as Record<string, unknown>;
    const original = slots[name];
    if (typeof original !== 'function') throw new Error(`There is no ${name} to close`);
    slots[name] = function guarded(this: unknown, ...parameters: unknown[]): unknown {
      const callers = callersOf();
      if (callers.some((line) => OURS.test(line) && !THIS_FILE.test(line))) {
        tried.push(`${name}${callers[0] ?? ''}`);
        throw new RealWorldError(`${name} was called in a simulated run`);
      }
      return Reflect.apply(original, this, parameters);
    };
    return () => {
      slots[name] = original;
    };
  });
  syncBuiltinESMExports();
  return () => {
    for (const open of opened) open();
    syncBuiltinESMExports();
    return tried;
  };
}

/** The three closest to whoever guards a door. */
function callersOf(): string[] {
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = 10;
  const lines = (new Error('who').stack ?? '').split('\n').slice(3, 6);
  Error.stackTraceLimit = depth;
  return lines;
}
