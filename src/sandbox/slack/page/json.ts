import type { Json } from './protocol.ts';

// Looks into blocks of unknown shape. The sandbox has checked them, but the page never trusts.

export function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(object) : [];
}

/** The words of a text object. */
export function words(value: unknown): string {
  return text(object(value)['text']);
}
