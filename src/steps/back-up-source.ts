import type { Backup } from '../cloud/cloud.ts';
import type { StepDefinition } from '../upgrade/step-definition.ts';
import { lookAt, settle } from './settle.ts';
import { requirePlan, type StepDeps } from './step-deps.ts';

/** Backups older than this cannot be ours. */
const BACKUP_DAYS = 2;

/** Makes a manual backup of the source and waits until it is usable. */
export function createBackUpSource(deps: StepDeps): StepDefinition {
  return {
    name: 'back-up-source',
    title: 'Back up the source',
    describe: (plan) =>
      plan === undefined
        ? 'makes a manual backup of the source'
        : `makes a manual backup of ${plan.source.id}`,
    describeUndo: 'nothing to undo: a backup stays',
    undo: { none: 'a backup harms nobody and stays' },
    patienceMs: deps.settings.patienceMs,
    async run(context) {
      const { source } = requirePlan(context.state);
      const remark = `redis-upgrade ${context.upgradeId}`;
      let found: Backup | undefined;
      const made = await settle(context, deps, {
        action: 'back-up',
        what: `Backing up ${source.id}`,
        detail: { instance: source.id, remark },
        look: async () => {
          found = (await deps.cloud.listBackups(source, BACKUP_DAYS)).find(
            (backup) => backup.remark === remark,
          );
          if (found?.status === 'in-flow') return 'busy';
          // Also when the backup is usable: its task may still hold the source, and Tencent's pre-check refuses such an instance.
          return lookAt(await deps.cloud.readInstance(source), found?.status === 'usable');
        },
        act: () => deps.cloud.startBackup(source, remark),
      });
      if (made.kind !== 'there') return made;
      return {
        kind: 'succeeded',
        output: { backupId: found?.id ?? '', summary: `Backup ${found?.id ?? ''} is usable` },
      };
    },
  };
}
