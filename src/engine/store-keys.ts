/** Names of everything the bot keeps in its own Redis. */
export interface StoreKeys {
  /** List of journal lines, oldest first. The truth. */
  journal(upgradeId: string): string;
  /** Token of the process that may perform steps now; expires. */
  lease(name: string): string;
  /** Upgrade that holds an instance. */
  instance(instanceId: string): string;
  /** Sorted set of upgrades that have not ended, by request time. */
  unfinished: string;
  /** Sorted set of all upgrades, by request time. */
  upgrades: string;
  /** How the running step stands; volatile, never decided by. */
  progress(upgradeId: string): string;
  /** What a step may lose: checkpoints of a comparison. Hash. */
  scratch(upgradeId: string): string;
  /** Upgrade that an approval request belongs to. */
  approval(approvalId: string): string;
  /** Prefix of the message references of the Slack room. */
  thread: string;
}

export function createStoreKeys(prefix = 'redis-upgrade:'): StoreKeys {
  return {
    journal: (upgradeId) => `${prefix}journal:${upgradeId}`,
    lease: (name) => `${prefix}lease:${name}`,
    instance: (instanceId) => `${prefix}instance:${instanceId}`,
    unfinished: `${prefix}unfinished`,
    upgrades: `${prefix}upgrades`,
    progress: (upgradeId) => `${prefix}progress:${upgradeId}`,
    scratch: (upgradeId) => `${prefix}scratch:${upgradeId}`,
    approval: (approvalId) => `${prefix}approval:${approvalId}`,
    thread: `${prefix}thread:`,
  };
}
