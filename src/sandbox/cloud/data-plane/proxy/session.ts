/** What the proxy must know about one client's connection to judge its requests. */
export interface Session {
  inTransaction: boolean;
  /** A write or a script is queued in the transaction. */
  transactionWrites: boolean;
  /** A queued request was refused, so EXEC must fail, as on a real server. */
  transactionFailed: boolean;
  /** Subscriptions by kind: channels, patterns, shard channels. */
  subscriptions: Record<SubscriptionKind, Set<string>>;
  /** A list reply may be a channel's message from the first subscription on. */
  everSubscribed: boolean;
}

export type SubscriptionKind = 'channel' | 'pattern' | 'shard';

export function newSession(): Session {
  return {
    inTransaction: false,
    transactionWrites: false,
    transactionFailed: false,
    subscriptions: { channel: new Set(), pattern: new Set(), shard: new Set() },
    everSubscribed: false,
  };
}

export function endTransaction(session: Session): void {
  session.inTransaction = false;
  session.transactionWrites = false;
  session.transactionFailed = false;
}
