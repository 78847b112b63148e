import { z } from 'zod';

const approvalRefSchema = z.object({
  ts: z.string(),
  /** The status that the message shows. */
  shown: z.string(),
});

/** What is in Slack of one upgrade, as far as we know. Losing it costs doubled messages, nothing else. */
export const threadRecordSchema = z.object({
  v: z.literal(1),
  channel: z.string(),
  /** Set before a message is posted, cleared with its ts after: found set, the message may or may not be there. */
  pending: z.object({ key: z.string(), sinceMs: z.number() }).optional(),
  root: z.object({ ts: z.string(), hash: z.string(), editedAtMs: z.number() }).optional(),
  /** Number of the last journal event the thread is done with; -1 for none. */
  publishedThrough: z.number().int(),
  approvals: z.record(z.string(), approvalRefSchema),
  /** The files with the differences that comparisons found; absent before there was one. */
  report: z
    .object({
      /** Number of the event of the last comparison whose list is in the thread, or will never be. */
      through: z.number().int(),
      /** As `pending` above: this one may or may not be there. */
      pending: z.object({ seq: z.number().int(), sinceMs: z.number() }).optional(),
    })
    .optional(),
});
export type ThreadRecord = z.infer<typeof threadRecordSchema>;

/** Where the records are kept. A record that cannot be read is an error, never an empty one. */
export interface ThreadStore {
  read(upgradeId: string): Promise<ThreadRecord | undefined>;
  write(upgradeId: string, record: ThreadRecord): Promise<void>;
}

export function newThreadRecord(channel: string): ThreadRecord {
  return { v: 1, channel, publishedThrough: -1, approvals: {} };
}
