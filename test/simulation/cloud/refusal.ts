import { CloudError } from '../../../src/cloud/cloud-error.ts';
import { meaningOfCode, UNAVAILABLE } from '../../../src/cloud/error-map.ts';

/** What the cloud says no with: Tencent's code in the envelope. The port makes of it what the product's adapter would. */
export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A refusal as the product's adapter throws it. */
export function asCloudError(action: string, refusal: Refusal): CloudError {
  const requestId = 'request';
  const message = `${action}: ${refusal.message} (${refusal.code}, request ${requestId})`;
  return new CloudError(message, {
    ...meaningOfCode(refusal.code),
    tencentCode: refusal.code,
    requestId,
    action,
  });
}

/** No answer came: whether it happened is not known. */
export function noAnswer(action: string, why: string): CloudError {
  return new CloudError(`${action}: ${why}`, { ...UNAVAILABLE, tencentCode: '', requestId: '', action });
}
