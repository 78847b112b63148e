import type { Clock } from '../clock.ts';
import { elapse } from '../durations.ts';
import type { Fault, FaultSubject, Faults } from '../faults.ts';
import { findRegion } from '../world/regions.ts';
import { type Action, type Service, serviceVersions } from './action.ts';
import { ApiError } from './api-error.ts';
import type { Journal } from './journal.ts';
import { defaultRequestsPerSecond, limitExceeded, RequestLimits } from './request-limits.ts';
import { type Credentials, type SignedRequest, verifySignature } from './signature.ts';

export interface ApiCallsOptions {
  actions: readonly Action[];
  accounts: readonly Credentials[];
  faults: Faults;
  journal: Journal;
  clock: Clock;
  /** Of each action. */
  requestsPerSecond: number;
}

export interface ApiRequest extends SignedRequest {
  requestId: string;
}

/** What the server is to do: answer an envelope, answer something else, or cut the connection. */
export type ApiAnswer =
  | { kind: 'envelope'; content: object }
  | { kind: 'text'; status: number; text: string }
  | { kind: 'cut' };

interface Outcome {
  answer: ApiAnswer;
  /** For the journal. */
  name: string;
}

const outcomeKinds = [
  'throttle',
  'error',
  'error-after',
  'http',
  'not-json',
  'cut-before',
  'cut-after',
  'duplicate',
] as const;
type OutcomeFault = Extract<Fault, { kind: (typeof outcomeKinds)[number] }>;

/** Takes a request through the gateway as Tencent's does: action, signature, limit, region, then the action itself. */
export class ApiCalls {
  readonly #options: ApiCallsOptions;
  readonly #actions: ReadonlyMap<string, Action>;
  readonly #limits: RequestLimits;

  constructor(options: ApiCallsOptions) {
    this.#options = options;
    this.#limits = new RequestLimits(options.clock, options.requestsPerSecond);
    this.#actions = new Map(options.actions.map((action) => [`${action.service} ${action.name}`, action]));
  }

  /** Never rejects because of what the request contains. */
  async answer(request: ApiRequest): Promise<ApiAnswer> {
    const { clock, journal } = this.#options;
    const startedAt = clock.now();
    const parameters = parseBody(request.body);
    let outcome: Outcome;
    try {
      outcome = await this.#admitAndRun(request, parameters);
    } catch (error) {
      outcome = errorOutcome(error);
    }
    journal.record({
      at: startedAt,
      action: request.header('x-tc-action') ?? '',
      version: request.header('x-tc-version') ?? '',
      region: request.header('x-tc-region') ?? '',
      parameters,
      outcome: outcome.name,
      requestId: request.requestId,
      durationMs: clock.now() - startedAt,
    });
    return outcome.answer;
  }

  async #admitAndRun(request: ApiRequest, parameters: object | undefined): Promise<Outcome> {
    const action = this.#findAction(request);
    verifySignature(request, this.#options.accounts, this.#options.clock.now());
    this.#limits.admit(`${action.service} ${action.name}`);
    const region = requireRegion(request);
    if (parameters === undefined) throw new ApiError('InvalidParameter', 'The body is not a JSON object.');
    const subject = faultSubject(action.name, parameters);
    const slow = this.#options.faults.take(['slow'], subject);
    await elapse(slow?.ms ?? 0);
    const fault = this.#options.faults.take(outcomeKinds, subject);
    return await runUnderFault(
      () => action.run({ action: action.name, region }, parameters),
      fault,
      action.name,
    );
  }

  #findAction(request: ApiRequest): Action {
    if (request.method !== 'POST') {
      throw new ApiError('UnsupportedProtocol', 'The sandbox takes POST requests with a JSON body only.');
    }
    const name = request.header('x-tc-action');
    const version = request.header('x-tc-version');
    if (name === undefined || name === '') throw missing('Action');
    if (version === undefined || version === '') throw missing('Version');
    const service = serviceOfVersion(version);
    if (service === undefined) {
      throw new ApiError('NoSuchVersion', `The specified version \`${version}\` does not exist.`);
    }
    const action = this.#actions.get(`${service} ${name}`);
    if (action === undefined) {
      throw new ApiError(
        'InvalidAction',
        `The requested action \`${name}\` is not found in version \`${version}\`.`,
      );
    }
    return action;
  }
}

async function runUnderFault(
  run: () => Promise<object>,
  fault: OutcomeFault | undefined,
  action: string,
): Promise<Outcome> {
  switch (fault?.kind) {
    case 'throttle':
      throw limitExceeded(action, defaultRequestsPerSecond);
    case 'error':
      throw new ApiError(fault.code, fault.message ?? 'An error on demand.');
    case 'http':
      return {
        answer: { kind: 'text', status: fault.status, text: 'gateway' },
        name: `http ${fault.status}`,
      };
    case 'cut-before':
      return { answer: { kind: 'cut' }, name: 'cut before' };
    default:
  }
  const content = await run();
  switch (fault?.kind) {
    case 'error-after':
      throw new ApiError(fault.code, fault.message ?? 'An error on demand, after it was done.');
    case 'not-json':
      return { answer: { kind: 'text', status: 200, text: '<html>not json</html>' }, name: 'not json' };
    case 'cut-after':
      return { answer: { kind: 'cut' }, name: 'cut after' };
    case 'duplicate':
      // The second time may be refused, for instance because the first holds the instance: that is part of the fault.
      await run().catch(() => undefined);
      break;
    default:
  }
  return { answer: { kind: 'envelope', content }, name: 'ok' };
}

function errorOutcome(error: unknown): Outcome {
  const { code, message } =
    error instanceof ApiError
      ? error
      : { code: 'InternalError', message: error instanceof Error ? error.message : 'An internal error.' };
  return { answer: { kind: 'envelope', content: { Error: { Code: code, Message: message } } }, name: code };
}

function serviceOfVersion(version: string): Service | undefined {
  const services: Service[] = ['redis', 'dts', 'monitor', 'vpc'];
  return services.find((service) => serviceVersions[service] === version);
}

function requireRegion(request: ApiRequest): string {
  const name = request.header('x-tc-region');
  if (name === undefined || name === '') throw missing('Region');
  if (findRegion(name) === undefined) {
    throw new ApiError('UnsupportedRegion', `The region \`${name}\` is not supported.`);
  }
  return name;
}

function missing(name: string): ApiError {
  return new ApiError('MissingParameter', `The request is missing a required parameter \`${name}\`.`);
}

/** The parameters; undefined when the body is not a JSON object. The SDK sends `""` for none. */
function parseBody(body: string | Buffer): object | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString() || '{}');
    if (parsed === '') return {};
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Every instance named anywhere in the parameters, and the sync job. */
function faultSubject(action: string, parameters: object): FaultSubject {
  const instanceIds = JSON.stringify(parameters).match(/\bcrs-[a-z0-9]+\b/g) ?? [];
  const jobId = 'JobId' in parameters && typeof parameters.JobId === 'string' ? parameters.JobId : undefined;
  return { action, instanceIds, jobId };
}
