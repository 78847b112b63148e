/** Why a copy failed, in the words of the server or of the sync service. */
export class CopyFailure extends Error {
  override name = 'CopyFailure';
}

/** What an ErrorLog of the sync service tells besides the message. */
export interface ErrorLogFacts {
  /** 6: receiving the snapshot, 7: loading it, 8: incremental. */
  state: 6 | 7 | 8;
  snapshotPath: string;
  replicationId: string;
  offset: number;
  /** Commands received from the source, and applied on the target. */
  received: number;
  applied: number;
  at: Date;
  message: string;
}

const beijingOffsetMs = 8 * 3_600_000;

/** One line in the style of the ErrorLogs that Tencent documents for Redis jobs. */
export function errorLog(facts: ErrorLogFacts): string {
  const time = new Date(facts.at.getTime() + beijingOffsetMs).toISOString().slice(0, 19).replace('T', ' ');
  return (
    `[launch]state:${facts.state} #rdb rdbfile:${facts.snapshotPath} ` +
    `#replication master_replid:${facts.replicationId} repl_offset:${facts.offset} ` +
    `write_command_count:${facts.received} finish_command_count:${facts.applied} ` +
    `errtime:${time} errmsg:${facts.message}`
  );
}
