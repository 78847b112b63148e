interface Event {
  type: string;
  step?: string;
}

/** Undos that change something outside, and so can fail for good. */
const CHANGING_UNDOS: ReadonlySet<string> = new Set([
  'align-target',
  'rehearse-fence',
  'create-sync-job',
  'await-approval',
  'fence-source',
  'detach-source-address',
  'attach-target-address',
  'hand-out-address',
  'await-rollback-approval',
  'open-source',
  'fence-target',
  'detach-target-address',
  'attach-source-address',
  'repair-target',
]);

/** Steps behind a point of no return: nobody but a person can tell what to do when one of them fails. */
const NO_WAY_BACK: ReadonlySet<string> = new Set(['probe', 'soak', 'tidy-up', 'probe-source']);

/** What an upgrade waits for a person at; undefined when it does not. A rollback that is called off leaves it as it was before. */
export function stuckAt(lines: readonly string[]): Event | undefined {
  let stuck: Event | undefined;
  let before: Event | undefined;
  for (const line of lines) {
    const event = JSON.parse(line) as Event;
    if (event.type === 'undo_failed') stuck = event;
    if (event.type === 'step_failed' && NO_WAY_BACK.has(event.step ?? '')) stuck = event;
    if (event.type === 'resumed' || event.type === 'ended') stuck = undefined;
    if (event.type === 'rollback_called_off') stuck = before;
    if (event.type !== 'rollback_requested') continue;
    before = stuck;
    stuck = undefined;
  }
  return stuck;
}

/** Whether this may need a person at all. */
export function mayBeStuckAt({ type, step = '' }: Event): boolean {
  return type === 'undo_failed' ? CHANGING_UNDOS.has(step) : NO_WAY_BACK.has(step);
}
