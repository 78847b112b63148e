import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Whether a process can be kept on one processor here: two are needed, and util-linux. */
export function canPlace(): boolean {
  return availableParallelism() >= 2 && spawnSync('taskset', ['-p', `${process.pid}`]).status === 0;
}

/** Keeps all threads of a process on these processors, `0` or `0,1`. */
export function place(pid: number | undefined, processors: string): void {
  if (pid === undefined) return;
  const placed = spawnSync('taskset', ['-a', '-p', '-c', processors, `${pid}`]);
  if (placed.status !== 0) throw new Error(`putting process ${pid} on processor ${processors}`);
}
