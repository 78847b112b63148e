import { z } from 'zod';
import type { Person } from '../../service/upgrade-service.ts';
import { rollbackModeSchema } from '../../upgrade/plan.ts';
import { REJECTION_MODAL, ROLLBACK_MODAL } from '../names.ts';

/** What is read of a slash command; nothing else in it is looked at. */
export const commandSchema = z.object({
  user_id: z.string(),
  team_id: z.string(),
  channel_id: z.string(),
  text: z.string().default(''),
});

const userSchema = z.object({ id: z.string(), team_id: z.string().optional() });
const teamSchema = z.object({ id: z.string() }).nullish();

/** What is read of a click on a button in a message. */
export const clickSchema = z.object({
  user: userSchema,
  team: teamSchema,
  channel: z.object({ id: z.string() }),
  message: z.object({ ts: z.string(), thread_ts: z.string().optional() }),
  trigger_id: z.string(),
  actions: z.tuple([z.object({ value: z.string().min(1).max(200) })], z.unknown()),
});
export type Click = z.infer<typeof clickSchema>;

/** Carried by the modal from the click to the submission. */
const rejectionStateSchema = z.object({
  approvalId: z.string(),
  channel: z.string(),
  threadTs: z.string(),
});
export type RejectionState = z.infer<typeof rejectionStateSchema>;

export const rejectionSchema = z.object({
  user: userSchema,
  team: teamSchema,
  view: z.object({
    private_metadata: z.string().transform((text) => rejectionStateSchema.parse(JSON.parse(text))),
    state: z
      .object({
        values: z.object({
          [REJECTION_MODAL.blockId]: z.object({
            [REJECTION_MODAL.actionId]: z.object({ value: z.string().nullish() }),
          }),
        }),
      })
      .transform(({ values }) => values[REJECTION_MODAL.blockId]?.[REJECTION_MODAL.actionId]?.value ?? ''),
  }),
});

/** Carried by the form of a rollback, the same way. */
const rollbackStateSchema = z.object({
  upgradeId: z.string(),
  channel: z.string(),
  threadTs: z.string(),
});
export type RollbackState = z.infer<typeof rollbackStateSchema>;

const chosenSchema = z.object({ selected_option: z.object({ value: rollbackModeSchema }).nullish() });

/** `state` is the chosen way; undefined when none was. */
export const rollbackSchema = z.object({
  user: userSchema,
  team: teamSchema,
  view: z.object({
    private_metadata: z.string().transform((text) => rollbackStateSchema.parse(JSON.parse(text))),
    state: z
      .object({
        values: z.object({ [ROLLBACK_MODAL.blockId]: z.object({ [ROLLBACK_MODAL.actionId]: chosenSchema }) }),
      })
      .transform(
        ({ values }) => values[ROLLBACK_MODAL.blockId]?.[ROLLBACK_MODAL.actionId]?.selected_option?.value,
      ),
  }),
});

/** Enough of any payload to answer the person, when the rest could not be read. */
export const addresseeSchema = z.union([
  z
    .object({ user_id: z.string(), channel_id: z.string() })
    .transform((body) => ({ user: body.user_id, channel: body.channel_id })),
  z
    .object({ user: z.object({ id: z.string() }), channel: z.object({ id: z.string() }) })
    .transform((body) => ({ user: body.user.id, channel: body.channel.id })),
]);

/**
 * Who clicked. In a channel shared with another company the person's team is not the team the app is installed in: the
 * person's own counts, and none is no team of ours.
 */
export function personOf(body: { user: z.infer<typeof userSchema> }): Person {
  const { id, team_id: teamId } = body.user;
  return { kind: 'person', via: 'slack', id, ...(teamId === undefined ? {} : { teamId }) };
}
