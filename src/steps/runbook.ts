import type { StepDefinition } from '../upgrade/step-definition.ts';
import type { StepName } from '../upgrade/steps.ts';
import { createAlignTarget } from './align-target.ts';
import { createAssess } from './assess.ts';
import { createAwaitApproval } from './await-approval.ts';
import { createBackUpSource } from './back-up-source.ts';
import { createCatchUp } from './catch-up.ts';
import { createCheckGates } from './check-gates.ts';
import { createCheckSyncJob } from './check-sync-job.ts';
import { createCompleteSync } from './complete-sync.ts';
import { createCopySnapshot } from './copy-snapshot.ts';
import { createCreateSyncJob } from './create-sync-job.ts';
import { createDrain } from './drain.ts';
import { createFenceSource } from './fence-source.ts';
import { createAttachTargetAddress, createDetachSourceAddress } from './hand-over.ts';
import { createProbe } from './probe.ts';
import { createSoak } from './soak.ts';
import type { StepDeps } from './step-deps.ts';
import { createTidyUp } from './tidy-up.ts';
import { createVerifyData } from './verify-data.ts';
import { createVerifyDelta } from './verify-delta.ts';

/** Every step of an upgrade, in the order they run. */
export function createRunbook(deps: StepDeps): Record<StepName, StepDefinition> {
  return {
    assess: createAssess(deps),
    'align-target': createAlignTarget(deps),
    'back-up-source': createBackUpSource(deps),

    'create-sync-job': createCreateSyncJob(deps),
    'check-sync-job': createCheckSyncJob(deps),
    'copy-snapshot': createCopySnapshot(deps),
    'catch-up': createCatchUp(deps),

    'verify-data': createVerifyData(deps),
    'await-approval': createAwaitApproval(deps),

    // Clients cannot write from fence-source to attach-target-address.
    'check-gates': createCheckGates(deps),
    'fence-source': createFenceSource(deps),
    drain: createDrain(deps),
    'verify-delta': createVerifyDelta(deps),
    'complete-sync': createCompleteSync(deps),
    'detach-source-address': createDetachSourceAddress(deps),
    // Point of no return.
    'attach-target-address': createAttachTargetAddress(deps),
    probe: createProbe(deps),

    soak: createSoak(deps),
    'tidy-up': createTidyUp(deps),
  };
}
