import { z } from 'zod';
import { ApiError } from './api-error.ts';

/** Tencent's scalar types, for the parameter tables of the actions. */
export const text = z.string();
export const integer = z.number().int();
export const texts = z.array(z.string());
const integers = z.array(integer);
export const optionalText = z.exactOptional(text);
export const optionalInteger = z.exactOptional(integer);
export const optionalTexts = z.exactOptional(texts);
export const optionalIntegers = z.exactOptional(integers);
export const optionalBoolean = z.exactOptional(z.boolean());

/** A page size from 1 to `max`. */
export function limitUpTo(max: number): z.ZodType<number> {
  return z.exactOptional(integer.min(1).max(max));
}

/** Where a page starts. */
export const offset: z.ZodType<number> = z.exactOptional(integer.min(0));

/** Throws the ApiError that the real gateway answers to parameters that do not fit. */
export function parseParameters(schema: z.ZodType, parameters: unknown): void {
  const parsed = schema.safeParse(parameters);
  if (parsed.success) return;
  const issues = parsed.error.issues;
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') {
      const name = [...issue.path, issue.keys[0] ?? ''].join('.');
      throw new ApiError('UnknownParameter', `The parameter \`${name}\` is not recognized.`);
    }
  }
  for (const issue of issues) {
    if (issue.code === 'invalid_type' && valueAt(parameters, issue.path) === undefined) {
      throw new ApiError(
        'MissingParameter',
        `The request is missing a required parameter \`${pathName(issue)}\`.`,
      );
    }
  }
  const [first] = issues;
  if (first === undefined) throw new ApiError('InvalidParameter', 'The parameters are not valid.');
  if (first.code === 'invalid_type') {
    throw new ApiError(
      'InvalidParameter',
      `The value type of parameter \`${pathName(first)}\` is not valid.`,
    );
  }
  throw new ApiError('InvalidParameterValue', `The value of parameter \`${pathName(first)}\` is not valid.`);
}

function pathName(issue: { path: readonly PropertyKey[] }): string {
  return issue.path.map(String).join('.');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found: unknown = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Reflect.get(found, step);
  }
  return found;
}

/** One page of a list. */
export function page<T>(items: readonly T[], start: number | undefined, limit: number): T[] {
  return items.slice(start ?? 0, (start ?? 0) + limit);
}
