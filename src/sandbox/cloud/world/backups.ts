import type { Instance } from './instances.ts';

export interface Backup {
  readonly id: string;
  readonly instance: Instance;
  readonly remark: string;
  readonly startedAtMs: number;
  readonly expiresAtMs: number;
  endedAtMs: number | undefined;
  status: 'in flow' | 'usable' | 'failed';
  bytes: number;
}

/** Manual backups, newest first. */
export class Backups {
  readonly #backups: Backup[] = [];

  add(backup: Backup): void {
    this.#backups.unshift(backup);
  }

  /** A failed one leaves nothing behind, as a failed flow does at Tencent. */
  visible(): readonly Backup[] {
    return this.#backups.filter((backup) => backup.status !== 'failed');
  }
}
