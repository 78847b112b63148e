import { z } from 'zod';
import { parseParameters } from './parameters.ts';

/** The services of the one endpoint, by the version in X-TC-Version. */
export const serviceVersions = {
  redis: '2018-04-12',
  dts: '2021-12-06',
  monitor: '2018-07-24',
  vpc: '2017-03-12',
} as const;
export type Service = keyof typeof serviceVersions;

/** What a handler is told about a call besides its parameters. */
interface Call {
  action: string;
  region: string;
}

/** One action of the API with its parameters' types forgotten: how the server sees it. */
export interface Action {
  service: Service;
  name: string;
  /** Validates the parameters, then does it. An ApiError is a refusal in Tencent's words. */
  run(call: Call, parameters: unknown): Promise<object>;
}

/** A schema for every parameter in the SDK's model of the request, so none can be forgotten. */
type ParameterTable<Request> = { [Name in keyof Request]-?: z.ZodType<Request[Name]> };

export interface ActionOptions<Request, Response> {
  service: Service;
  name: string;
  parameters: ParameterTable<Request>;
  handle(request: Request, call: Call): Response | Promise<Response>;
}

/** An action typed by the SDK's models of its request and response. RequestId is the server's business. */
export function defineAction<Request extends object, Response extends object>(
  options: ActionOptions<Request, Response>,
): Action {
  const schema = z.strictObject(options.parameters);
  return {
    service: options.service,
    name: options.name,
    run: async (call, parameters) => {
      parseParameters(schema, parameters);
      // The table has one schema for each name of Request, and strictObject admits no other: what passed is a Request.
      return await options.handle(parameters as Request, call);
    },
  };
}
