import { spawn } from 'node:child_process';

/** How a short program ended. `output` is what it wrote on both streams. */
export interface ProgramResult {
  /** Exit code; undefined when it could not be started, was killed or took too long. */
  code: number | undefined;
  output: string;
}

export interface ProgramOptions {
  env?: Record<string, string | undefined>;
  cwd?: string;
  timeoutMs?: number;
}

const defaultTimeoutMs = 10_000;
const maxOutputChars = 1_000_000;

/** Runs a program that ends by itself. Never rejects: a program that cannot be started is a result without a code. */
export async function runProgram(
  path: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return await new Promise((resolve) => {
    let output = '';
    const failed = (error: unknown) => {
      resolve({
        code: undefined,
        output: `${output}${error instanceof Error ? error.message : String(error)}`,
      });
    };
    try {
      const child = spawn(path, args, {
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: options.timeoutMs ?? defaultTimeoutMs,
        killSignal: 'SIGKILL',
        ...(options.env && { env: options.env }),
        ...(options.cwd !== undefined && { cwd: options.cwd }),
      });
      const collect = (chunk: Buffer) => {
        if (output.length < maxOutputChars) output += chunk.toString('utf8');
      };
      child.stdout.on('data', collect);
      child.stderr.on('data', collect);
      child.on('error', failed);
      child.on('close', (code) => resolve({ code: code ?? undefined, output }));
    } catch (error) {
      // Some of what keeps a program from starting (a path through a file, say) is thrown and not emitted.
      failed(error);
    }
  });
}
