import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { ApiError } from './api-error.ts';

/** Keys of one account; `token` marks temporary credentials. */
export interface Credentials {
  secretId: string;
  secretKey: string;
  token?: string;
}

/** What of a request is needed to verify its signature. */
export interface SignedRequest {
  method: string;
  /** Of the URL, without the question mark. */
  query: string;
  header(name: string): string | undefined;
  body: string | Buffer;
}

const algorithm = 'TC3-HMAC-SHA256';
/** Tencent refuses a timestamp further than this from its own clock. */
const maxClockSkewMs = 5 * 60 * 1000;

/**
 * Verifies TC3-HMAC-SHA256 as Tencent's SDK for Node signs: content-type and host are signed, and the host is signed
 * without its port. Any service name is accepted in the scope, since the SDK derives it from the endpoint (`127` for
 * 127.0.0.1). Throws an ApiError of the AuthFailure family.
 */
export function verifySignature(
  request: SignedRequest,
  accounts: readonly Credentials[],
  nowMs: number,
): Credentials {
  const authorization = parseAuthorization(request.header('authorization') ?? '');
  const timestamp = Number(request.header('x-tc-timestamp'));
  if (!Number.isInteger(timestamp)) throw new ApiError('MissingParameter', 'X-TC-Timestamp is missing.');
  if (Math.abs(nowMs - timestamp * 1000) > maxClockSkewMs) {
    throw new ApiError(
      'AuthFailure.SignatureExpire',
      'Signature has expired: the timestamp is over 5 minutes off.',
    );
  }
  const date = new Date(timestamp * 1000).toISOString().slice(0, 10);
  if (authorization.date !== date) {
    throw new ApiError(
      'AuthFailure.SignatureFailure',
      'The date of the credential scope is not that of the timestamp.',
    );
  }
  const account = accounts.find(({ secretId }) => secretId === authorization.secretId);
  if (account === undefined) {
    throw new ApiError(
      'AuthFailure.SecretIdNotFound',
      'The SecretId is not found, please ensure that it is correct.',
    );
  }
  if (!sameText(sign(request, authorization, account.secretKey), authorization.signature)) {
    throw new ApiError('AuthFailure.SignatureFailure', 'The provided credentials could not be validated.');
  }
  if (account.token !== undefined && account.token !== request.header('x-tc-token')) {
    throw new ApiError('AuthFailure.TokenFailure', 'The token is missing or wrong.');
  }
  return account;
}

interface Authorization {
  secretId: string;
  date: string;
  service: string;
  signedHeaders: string[];
  signature: string;
}

const form =
  /^TC3-HMAC-SHA256 Credential=([^/\s]+)\/(\d{4}-\d{2}-\d{2})\/([^/\s]+)\/tc3_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;

function parseAuthorization(value: string): Authorization {
  const [, secretId, date, service, headers, signature] = form.exec(value) ?? [];
  const signedHeaders = headers?.split(';') ?? [];
  if (secretId === undefined || date === undefined || service === undefined || signature === undefined) {
    throw new ApiError(
      'AuthFailure.SignatureFailure',
      'The Authorization header has not the form of TC3-HMAC-SHA256.',
    );
  }
  if (!signedHeaders.includes('content-type') || !signedHeaders.includes('host')) {
    throw new ApiError('AuthFailure.SignatureFailure', 'The headers content-type and host must be signed.');
  }
  return { secretId, date, service, signedHeaders, signature };
}

function sign(request: SignedRequest, authorization: Authorization, secretKey: string): string {
  const canonicalHeaders = authorization.signedHeaders.map(
    (name) => `${name}:${headerToSign(request, name).trim()}\n`,
  );
  const canonicalRequest = [
    request.method,
    '/',
    request.query,
    canonicalHeaders.join(''),
    authorization.signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
  const scope = `${authorization.date}/${authorization.service}/tc3_request`;
  const toSign = [algorithm, request.header('x-tc-timestamp'), scope, sha256(canonicalRequest)].join('\n');
  const dateKey = hmac(`TC3${secretKey}`, authorization.date);
  const signingKey = hmac(hmac(dateKey, authorization.service), 'tc3_request');
  return createHmac('sha256', signingKey).update(toSign).digest('hex');
}

function headerToSign(request: SignedRequest, name: string): string {
  const value = request.header(name) ?? '';
  return name === 'host' ? value.replace(/:\d+$/, '') : value;
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function hmac(key: string | Buffer, content: string): Buffer {
  return createHmac('sha256', key).update(content).digest();
}

function sameText(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}
