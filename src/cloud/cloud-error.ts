import { OperatingError } from '../upgrade/operating-error.ts';

/** Why the cloud said no, in the terms that decisions are made by. */
export type CloudErrorCode =
  /** Too many requests: wait and repeat. */
  | 'CLOUD_RATE_LIMITED'
  /** The server's own trouble, a time-out, a cut connection: a mutation may have happened. */
  | 'CLOUD_UNAVAILABLE'
  /** Another flow holds the instance: wait, with a deadline. */
  | 'CLOUD_BUSY'
  /** The thing is in a state that does not allow the call: read it again, then decide. */
  | 'CLOUD_WRONG_STATE'
  | 'CLOUD_NOT_FOUND'
  /** Rights are missing (CAM); Redis reports it under InvalidParameter too. */
  | 'CLOUD_FORBIDDEN'
  /** Secret id, key, token or clock. */
  | 'CLOUD_CREDENTIALS'
  | 'CLOUD_MONEY'
  | 'CLOUD_QUOTA'
  /** The call itself was wrong, or the feature does not exist for this instance. */
  | 'CLOUD_REJECTED'
  /** An answer this product does not understand. */
  | 'CLOUD_UNEXPECTED';

/** The one kind of rejection that leaves the cloud room. */
export class CloudError extends OperatingError {
  readonly cloudCode: CloudErrorCode;
  /** Tencent's own code, `ResourceUnavailable.InstanceLockedError`; empty when no envelope came back. */
  readonly tencentCode: string;
  readonly requestId: string;
  readonly action: string;
  /** True unless it is certain that the call had no effect: look before repeating a mutation. */
  readonly mayHaveHappened: boolean;

  constructor(message: string, facts: CloudErrorFacts) {
    super(facts.code, message, { retryable: facts.retryable, cause: facts.cause });
    this.name = 'CloudError';
    this.cloudCode = facts.code;
    this.tencentCode = facts.tencentCode;
    this.requestId = facts.requestId;
    this.action = facts.action;
    this.mayHaveHappened = facts.mayHaveHappened;
  }
}

export interface CloudErrorFacts {
  code: CloudErrorCode;
  retryable: boolean;
  tencentCode: string;
  requestId: string;
  action: string;
  mayHaveHappened: boolean;
  cause?: unknown;
}
