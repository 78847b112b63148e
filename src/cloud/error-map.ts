import type { CloudErrorCode } from './cloud-error.ts';

/** What a failed call means for whoever made it. */
export interface Meaning {
  code: CloudErrorCode;
  retryable: boolean;
  mayHaveHappened: boolean;
}

const meaning = (code: CloudErrorCode, retryable: boolean, mayHaveHappened: boolean): Meaning => ({
  code,
  retryable,
  mayHaveHappened,
});

const RATE_LIMITED = meaning('CLOUD_RATE_LIMITED', true, false);
export const UNAVAILABLE = meaning('CLOUD_UNAVAILABLE', true, true);
const BUSY = meaning('CLOUD_BUSY', true, false);
const STATE_PASSES = meaning('CLOUD_WRONG_STATE', true, false);
const STATE_STAYS = meaning('CLOUD_WRONG_STATE', false, false);
const NOT_FOUND = meaning('CLOUD_NOT_FOUND', false, false);
const FORBIDDEN = meaning('CLOUD_FORBIDDEN', false, false);
const CREDENTIALS = meaning('CLOUD_CREDENTIALS', false, false);
const MONEY = meaning('CLOUD_MONEY', false, false);
const QUOTA = meaning('CLOUD_QUOTA', false, false);
const REJECTED = meaning('CLOUD_REJECTED', false, false);
/** Not understood: so nothing is certain about what it did. */
export const UNEXPECTED = meaning('CLOUD_UNEXPECTED', false, true);

/**
 * Tencent's codes are `Family` or `Family.Detail`; an entry speaks for its code and everything below it, and the longest
 * entry wins. One that ends in `*` is a bare prefix.
 */
const MEANINGS: Record<string, Meaning> = {
  RequestLimitExceeded: RATE_LIMITED,

  InternalError: UNAVAILABLE,
  // Says that such a job is there already, perhaps from an attempt of ours that seemed to fail.
  'InternalError.DuplicateJob': meaning('CLOUD_WRONG_STATE', false, true),
  'InternalError.InstanceOperatePermissionError': FORBIDDEN,
  'InternalError.CamAuthOss*': FORBIDDEN,
  'InternalError.NotEnoughMoneyError': MONEY,
  ServiceUnavailable: UNAVAILABLE,

  'FailedOperation.SystemError': UNAVAILABLE,
  'FailedOperation.Unknown': UNAVAILABLE,
  'FailedOperation.DtsStatusAbnormal': STATE_STAYS,
  'FailedOperation.StatusInConflict': STATE_STAYS,
  'FailedOperation.StatusInConflictError': STATE_STAYS,
  'FailedOperation.NotAllowOperation': STATE_STAYS,
  // An order may stand, unpaid.
  'FailedOperation.PayFailed': meaning('CLOUD_MONEY', false, true),
  'FailedOperation.ErrOwed': MONEY,
  'FailedOperation.ErrNotOpen': REJECTED,

  'OperationDenied.NotEnoughMoneyError': MONEY,
  OperationDenied: STATE_STAYS,

  // Both spellings say that another flow holds the instance.
  'ResourceUnavailable.InstanceLockedError': BUSY,
  'ResourceUnavailable.InstanceUnLockedError': BUSY,
  ResourceInUse: BUSY,
  'ResourceUnavailable.InstanceStatusError': STATE_PASSES,
  'ResourceUnavailable.InstanceStateError': STATE_PASSES,
  'ResourceUnavailable.InstanceStatusAbnormal': STATE_PASSES,
  'ResourceUnavailable.InstanceIsolated': STATE_STAYS,
  'ResourceUnavailable.InstanceDeleted': NOT_FOUND,
  'ResourceUnavailable.InstanceNotSupportOperation': REJECTED,
  'ResourceUnavailable.AccountBalanceNotEnough': MONEY,
  'ResourceUnavailable.SaleOut': QUOTA,
  'ResourceUnavailable.NoEnoughVipInVPC': QUOTA,
  ResourceUnavailable: STATE_STAYS,
  ResourceInsufficient: QUOTA,
  ResourcesSoldOut: QUOTA,
  ResourceNotFound: NOT_FOUND,
  LimitExceeded: QUOTA,

  InvalidParameter: REJECTED,
  // Redis reports missing rights here too.
  'InvalidParameter.PermissionDenied': FORBIDDEN,
  InvalidParameterValue: REJECTED,
  MissingParameter: REJECTED,
  UnknownParameter: REJECTED,
  UnsupportedOperation: REJECTED,
  UnsupportedRegion: REJECTED,
  UnsupportedProtocol: REJECTED,
  InvalidAction: REJECTED,
  InvalidRequest: REJECTED,
  NoSuchProduct: REJECTED,
  NoSuchVersion: REJECTED,
  ActionOffline: REJECTED,
  RequestSizeLimitExceeded: REJECTED,

  UnauthorizedOperation: FORBIDDEN,
  // Not a right but a feature that is not open to this account.
  'UnauthorizedOperation.UserNotInWhiteList': REJECTED,
  AuthFailure: CREDENTIALS,
  'AuthFailure.UnauthorizedOperation': FORBIDDEN,
};

/** What a code of Tencent's error envelope means. A code nobody listed is CLOUD_UNEXPECTED and may have happened. */
export function meaningOfCode(tencentCode: string): Meaning {
  let best = '';
  for (const entry of Object.keys(MEANINGS)) {
    if (speaksFor(entry, tencentCode) && entry.length > best.length) {
      best = entry;
    }
  }
  return MEANINGS[best] ?? UNEXPECTED;
}

function speaksFor(entry: string, tencentCode: string): boolean {
  return entry.endsWith('*')
    ? tencentCode.startsWith(entry.slice(0, -1))
    : tencentCode === entry || tencentCode.startsWith(`${entry}.`);
}

/**
 * What an HTTP status other than 200 means. Tencent answers its own errors with 200, so this is a gateway or a host that is not
 * Tencent's API. A gateway's failure may come after the effect.
 */
export function meaningOfHttpStatus(status: number): Meaning {
  const passes = status >= 500 || status === 408 || status === 429;
  return passes ? UNAVAILABLE : UNEXPECTED;
}
