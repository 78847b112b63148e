/** What a person typed as an amount, understood; or what is wrong with it. */
export type Amount =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly problem: string };

const MULTIPLES: Record<string, number> = { '': 1, k: 1_000, m: 1_000_000, g: 1_000_000_000 };

/** `50000`, `50_000`, `50k`, `1.5M`: a whole number from 1 on. */
export function readCount(text: string): Amount {
  return readMultiple(
    text,
    /^([\d_]+(?:\.\d+)?)([kmg]?)$/iu,
    'is not a whole number from 1 on, such as 20000 or 20k',
  );
}

/** `20000000`, `20M`, `20MB`: bytes, in thousands. */
export function readBytes(text: string): Amount {
  return readMultiple(text, /^([\d_]+(?:\.\d+)?)([kmg]?)b?$/iu, 'is not a number of bytes, such as 20M');
}

function readMultiple(text: string, form: RegExp, problem: string): Amount {
  const [, digits = '', unit = ''] = form.exec(text) ?? [];
  const value = Number(digits.replaceAll('_', '')) * (MULTIPLES[unit.toLowerCase()] ?? Number.NaN);
  const isWhole = digits !== '' && Number.isSafeInteger(value) && value >= 1;
  return isWhole ? { ok: true, value } : { ok: false, problem };
}

/** `1%` or `0.01`: a share above 0, at most all. */
export function readShare(text: string): Amount {
  const [, digits = '', percent = ''] = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/u.exec(text) ?? [];
  const value = Number(digits) / (percent === '' ? 1 : 100);
  return digits !== '' && value > 0 && value <= 1
    ? { ok: true, value }
    : { ok: false, problem: 'is not a share of the keys, such as 1% or 0.01' };
}

/** `2`, `2s`, `500ms`: a time in milliseconds, seconds unless it says otherwise. */
export function readDuration(text: string): Amount {
  const [, digits = '', unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s)?$/u.exec(text) ?? [];
  const value = Math.round(Number(digits) * (unit === 'ms' ? 1 : 1_000));
  return digits !== '' && Number.isSafeInteger(value)
    ? { ok: true, value }
    : { ok: false, problem: 'is not a time, such as 2s or 500ms' };
}
