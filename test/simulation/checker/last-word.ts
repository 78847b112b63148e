/** How the world stood when a run was over. */
export interface LastWord {
  outcome: 'completed' | 'rolled back' | 'stuck' | 'unfinished' | 'vanished' | 'refused';
  source: string;
  target: string;
  oldAddress: { ip: string; port: number };
  /** Whether the address moves to the target, or clients are told the target's own. */
  switch: 'address' | 'code';
  /** How long the cutover may take from the fence on, and a rollback from the fence of the target on. */
  cutoverBudgetMs: number;
  rollbackBudgetMs: number;
  /** Which instance answers at the old address. */
  holder: string | undefined;
  /** Instances that take writes. */
  writable: readonly string[];
  /** By instance, then by key as the clients name it; null: not there. */
  values: Record<string, Record<string, string | null>>;
  /** Sync jobs that were not isolated. */
  liveJobs: readonly string[];
  /** Instances that the store says belong to an unfinished upgrade, and the unfinished ones. */
  heldInstances: readonly string[];
  unfinished: readonly string[];
  /** Every upgrade with the lines of its journal. */
  upgrades: readonly { id: string; events: readonly string[] }[];
  /** Everything else that the store holds. */
  stored: readonly string[];
  secrets: readonly string[];
}
