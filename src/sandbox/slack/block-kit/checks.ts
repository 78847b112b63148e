// The words in which the shape of Block Kit is written down: small checks that report every problem with its place.
import { isObject, type JsonObject } from '../json.ts';

export interface Problem {
  /** JSON pointer to the place, e.g. `/blocks/0/text`. */
  pointer: string;
  message: string;
}

export interface Place {
  pointer: string;
  problems: Problem[];
}

export type Check = (value: unknown, place: Place) => void;

export function report(place: Place, message: string): void {
  place.problems.push({ pointer: place.pointer, message });
}

export function inside(place: Place, key: string | number): Place {
  return { pointer: `${place.pointer}/${key}`, problems: place.problems };
}

/** Characters as Slack counts them are UTF-16 units here; the difference only concerns emoji. */
export function string(limits: { min?: number; max?: number } = {}): Check {
  return (value, place) => {
    if (typeof value !== 'string') return report(place, 'must be a string');
    const { min = 0, max } = limits;
    if (value.length < min) report(place, `must be more than ${min - 1} characters`);
    if (max !== undefined && value.length > max) report(place, `must be less than ${max + 1} characters`);
  };
}

export const boolean: Check = (value, place) => {
  if (typeof value !== 'boolean') report(place, 'must be a boolean');
};

export function integer(min: number, max: number): Check {
  return (value, place) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return report(place, 'must be an integer');
    if (value < min || value > max) report(place, `must be between ${min} and ${max}`);
  };
}

export const number: Check = (value, place) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) report(place, 'must be a number');
};

export function oneOf(...allowed: readonly string[]): Check {
  return (value, place) => {
    if (typeof value !== 'string' || !allowed.includes(value)) {
      report(place, `must be one of: ${allowed.join(', ')}`);
    }
  };
}

export function matching(pattern: RegExp, meaning: string): Check {
  return (value, place) => {
    if (typeof value !== 'string' || !pattern.test(value)) report(place, `must be ${meaning}`);
  };
}

export const url: Check = (value, place) => {
  string({ max: 3_000 })(value, place);
  if (typeof value === 'string' && !URL.canParse(value)) report(place, 'must be a valid URL');
};

export function array(item: Check, limits: { min?: number; max?: number } = {}): Check {
  return (value, place) => {
    if (!Array.isArray(value)) return report(place, 'must be an array');
    const { min = 0, max } = limits;
    if (value.length < min) report(place, `must provide at least ${min} item${min === 1 ? '' : 's'}`);
    if (max !== undefined && value.length > max) report(place, `no more than ${max} items allowed`);
    for (const [index, entry] of value.entries()) item(entry, inside(place, index));
  };
}

export interface Shape {
  required?: Record<string, Check>;
  optional?: Record<string, Check>;
}

function checkRequired(value: JsonObject, required: Record<string, Check>, place: Place): void {
  for (const [key, check] of Object.entries(required)) {
    if (value[key] === undefined || value[key] === null) report(place, `missing required field: ${key}`);
    else check(value[key], inside(place, key));
  }
}

/** An object with these fields and no others; `type` is checked by whoever chose the shape. */
export function shape({ required = {}, optional = {} }: Shape): Check {
  return (value, place) => {
    if (!isObject(value)) return report(place, 'must be an object');
    checkRequired(value, required, place);
    for (const [key, entry] of Object.entries(value)) {
      if (key === 'type' || key in required || entry === undefined) continue;
      const check = optional[key];
      if (check) check(entry, inside(place, key));
      else report(place, `invalid additional property: ${key}`);
    }
  };
}

/** Chooses the shape by the object's `type`; a type that is not listed is refused. */
export function byType(kinds: Readonly<Record<string, Check>>): Check {
  return (value, place) => {
    if (!isObject(value)) return report(place, 'must be an object');
    const type = value['type'];
    if (typeof type !== 'string') return report(place, 'missing required field: type');
    const check = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
    if (check) check(value, place);
    else report(inside(place, 'type'), `unsupported type: ${type}`);
  };
}

/** A rule that needs more than one field of an object that was already found well shaped. */
export function also(check: Check, rule: (value: JsonObject, place: Place) => void): Check {
  return (value, place) => {
    check(value, place);
    if (isObject(value)) rule(value, place);
  };
}
