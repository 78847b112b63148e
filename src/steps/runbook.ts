import type { StepDefinition } from '../upgrade/step-definition.ts';
import type { StepName } from '../upgrade/steps.ts';
import { createAlignTarget } from './align-target.ts';
import { createAssess } from './assess.ts';
import { createAwaitApproval } from './await-approval.ts';
import { createAwaitRepairApproval } from './await-repair-approval.ts';
import { createAwaitRollbackApproval } from './await-rollback-approval.ts';
import { createBackUpSource } from './back-up-source.ts';
import { createCatchUp } from './catch-up.ts';
import { createCheckGates } from './check-gates.ts';
import { createCheckRollback } from './check-rollback.ts';
import { createCheckSyncJob } from './check-sync-job.ts';
import { createCompleteSync } from './complete-sync.ts';
import { createCopyBack, createCopyBackRest } from './copy-back.ts';
import { createCopySnapshot } from './copy-snapshot.ts';
import { createCountLostWrites } from './count-lost-writes.ts';
import { createCreateSyncJob } from './create-sync-job.ts';
import { createDrain } from './drain.ts';
import { createFenceSource } from './fence-source.ts';
import { createFenceTarget } from './fence-target.ts';
import { createHandBackAddress, createHandOutAddress } from './hand-out-address.ts';
import { createAttachTargetAddress, createDetachSourceAddress } from './hand-over.ts';
import { createAttachSourceAddress, createDetachTargetAddress } from './hand-over-back.ts';
import { createOpenSource } from './open-source.ts';
import { createProbe, createProbeSource } from './probe.ts';
import { createRehearseFence } from './rehearse-fence.ts';
import { createRepairTarget } from './repair-target.ts';
import { afterLateEffects } from './settle.ts';
import { createSoak } from './soak.ts';
import type { StepDeps } from './step-deps.ts';
import { createTidyUp } from './tidy-up.ts';
import { createVerifyData } from './verify-data.ts';
import { createVerifyDelta } from './verify-delta.ts';

/** Every step of an upgrade, of its rollback and of a repair; which run, and in which order, says `upgrade/steps.ts`. */
export function createRunbook(deps: StepDeps): Record<StepName, StepDefinition> {
  const late = (step: StepDefinition) => afterLateEffects(step, deps.settings);
  return {
    assess: createAssess(deps),
    'align-target': late(createAlignTarget(deps)),
    'rehearse-fence': createRehearseFence(deps),
    'back-up-source': createBackUpSource(deps),

    'create-sync-job': createCreateSyncJob(deps),
    'check-sync-job': createCheckSyncJob(deps),
    'copy-snapshot': createCopySnapshot(deps),
    'catch-up': createCatchUp(deps),

    'verify-data': createVerifyData(deps),
    'await-approval': createAwaitApproval(deps),

    // Clients cannot write from fence-source to attach-target-address.
    'check-gates': createCheckGates(deps),
    'fence-source': late(createFenceSource(deps)),
    drain: createDrain(deps),
    'verify-delta': createVerifyDelta(deps),
    'complete-sync': createCompleteSync(deps),
    'detach-source-address': late(createDetachSourceAddress(deps)),
    // Point of no return. Its undo does not wait for a late effect: once the source has the address, the target cannot take it.
    'attach-target-address': createAttachTargetAddress(deps),
    'hand-out-address': createHandOutAddress(deps),
    probe: createProbe(deps),

    soak: createSoak(deps),
    'tidy-up': createTidyUp(deps),

    'check-rollback': createCheckRollback(deps),
    'await-rollback-approval': createAwaitRollbackApproval(deps),
    'open-source': late(createOpenSource(deps)),
    'copy-back': createCopyBack(deps),
    // Clients cannot write from fence-target to attach-source-address.
    'fence-target': late(createFenceTarget(deps)),
    'count-lost-writes': createCountLostWrites(deps),
    'copy-back-rest': createCopyBackRest(deps),
    'detach-target-address': late(createDetachTargetAddress(deps)),
    'attach-source-address': createAttachSourceAddress(deps),
    'hand-back-address': createHandBackAddress(deps),
    'probe-source': createProbeSource(deps),

    'await-repair-approval': createAwaitRepairApproval(deps),
    'repair-target': late(createRepairTarget(deps)),
  };
}
