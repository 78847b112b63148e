/** Names that Slack sends back to us. The manifest, the blocks and the listeners all draw from here. */

export const COMMAND = '/redis-upgrade';

/** Buttons. The `value` of each is one opaque id: an approval's for the first two, an upgrade's for the others. */
export const ACTIONS = {
  approve: 'approve_cutover',
  reject: 'reject_cutover',
  abort: 'abort_upgrade',
  rollBack: 'roll_back',
  finish: 'finish_upgrade',
} as const;

export const REJECTION_MODAL = {
  callbackId: 'reject_cutover_reason',
  blockId: 'reason',
  actionId: 'reason_text',
} as const;

/** The form in which a person chooses between the two ways back. */
export const ROLLBACK_MODAL = {
  callbackId: 'roll_back_choice',
  blockId: 'mode',
  actionId: 'mode_choice',
} as const;

/** Type of the metadata on the messages that the bot must find again. Everyone in the workspace can read metadata. */
export const METADATA_TYPE = 'redis_upgrade';

/** The setting that lists who may approve. */
export const APPROVERS_SETTING = 'REDIS_UPGRADE_APPROVERS';

/** The reason on record when somebody aborts without one. */
export const NO_REASON = 'Aborted; no reason was given.';
