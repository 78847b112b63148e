import { safeText } from '../words.ts';
import type { Address, SideName } from './address.ts';
import { type Ending, jsonOf } from './ending.ts';
import { EXIT_CODES } from './judgement.ts';
import type { CompareSurroundings } from './surroundings.ts';

interface Telling {
  readonly ending: Ending;
  readonly json: boolean;
  /** Undefined when the command was not understood. */
  readonly addresses?: Readonly<Record<SideName, Address>>;
}

/** Says how it ended, to a person or to a machine, and answers the exit code. */
export function tell(around: CompareSurroundings, { ending, json, addresses }: Telling): number {
  const exitCode = EXIT_CODES[ending.answer];
  const { troubles = [], lines } = ending;
  const failed = ending.answer === 'undecided' && ending.verdict === undefined;
  if (json) {
    const shown = failed || troubles.length > 0 ? lines : lines.slice(0, 1);
    around.stderr.write(safeText(shown));
    const sides = addresses && { source: addresses.source.label, target: addresses.target.label };
    around.stdout.write(`${JSON.stringify(jsonOf(ending, sides))}\n`);
    return exitCode;
  }
  const stream = failed ? around.stderr : around.stdout;
  stream.write(safeText([...lines, ...nextLines(ending)]));
  return exitCode;
}

function nextLines({ next }: Ending): string[] {
  return next.length === 0 ? [] : ['', ...next.flatMap(({ why, command }) => [`${why}:`, `  ${command}`])];
}
