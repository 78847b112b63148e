import { z } from 'zod';

/**
 * Building blocks for answers, as lenient as Tencent's published samples require: numbers printed as strings, null or missing
 * fields, values no document lists. What identifies a thing is never optional.
 */

/** A finite number, or digits in a string; anything else is undefined. */
export const someNumber = z
  .unknown()
  .optional()
  .transform((value): number | undefined => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
  });

/** A string, or a number printed as one; anything else is empty. */
export const someText = z
  .unknown()
  .optional()
  .transform((value): string =>
    typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '',
  );

export const identifier = z.string().min(1);

/** A list that may be null when empty, as Tencent prints it, but must be there: a missing one is not "there are none". */
export function listOf<Item>(item: z.ZodType<Item>): z.ZodType<Item[]> {
  return z
    .array(item)
    .nullable()
    .transform((list) => list ?? []);
}

/** A list inside a thing, where missing and null mean empty. */
export function optionalListOf<Item>(item: z.ZodType<Item>): z.ZodType<Item[]> {
  return z
    .array(item)
    .nullish()
    .transform((list) => list ?? []);
}

/** An answer of which only the request id matters. */
export const nothingButRequestId = z.object({});

/** A page of a list. */
export interface Page<Item> {
  total: number;
  items: Item[];
}
