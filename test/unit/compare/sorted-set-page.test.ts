import { describe, expect, it } from 'vitest';
import { haveSameScores, isExactPage } from '../../../src/compare/values/sorted-set-page.ts';

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** A page of ZSCAN: members and their scores. */
function page(scores: readonly string[], cursor = '0'): Buffer {
  const elements = scores.flatMap((score, index) => [`member-${index}`, score]);
  const bulks = elements.map((element) => `$${element.length}\r\n${element}\r\n`).join('');
  return Buffer.from(`*2\r\n$${cursor.length}\r\n${cursor}\r\n*${elements.length}\r\n${bulks}`);
}

describe('the first read of a sorted set', () => {
  it('says everything about one that came whole with scores that tell any two apart', () => {
    for (const scores of [
      [],
      ['1'],
      ['-2.5', '0.1', '100', 'inf', '-inf', '1.0000000000000001e-05', '1e+300'],
    ]) {
      expect(isExactPage(page(scores), 0)).toBe(true);
    }
  });

  it('leaves the rest open: one in more than one page', () => {
    expect(isExactPage(page(['1'], '4'), 0)).toBe(false);
    expect(isExactPage(page(['1'], '10'), 0)).toBe(false);
  });

  it('leaves a few scores open of which 2.8 may have cut digits off', () => {
    for (const score of ['0', '-0', '0.01', '-0.0', '0.00000000000000001']) {
      expect(isExactPage(page(['1', score, '2']), 0)).toBe(false);
    }
  });

  it('knows by so many members in one page that they were kept as a list, whose scores are exact', () => {
    expect(isExactPage(page(range(16).map(() => '0')), 0)).toBe(true);
    expect(isExactPage(page(range(15).map(() => '0')), 0)).toBe(false);
  });

  it('reads a page that lies among other replies', () => {
    const before = Buffer.from(':-1\r\n');
    const bytes = Buffer.concat([before, page(['1', '0.5']), Buffer.from(':0\r\n')]);
    expect(isExactPage(bytes, before.length)).toBe(true);
    expect(isExactPage(Buffer.concat([before, page(['0.05'])]), before.length)).toBe(false);
  });

  it('takes a score for the same in another spelling, and never another score', () => {
    expect(haveSameScores(page(['0.10000000000000001', '3']), page(['0.1', '3']))).toBe(true);
    expect(haveSameScores(page(['0.10000000000000001', '3']), page(['0.10000000000000002', '3']))).toBe(
      false,
    );
  });

  it('never proves anything by a reply that was dropped, or by one that leaves it open', () => {
    const dropped = { bytes: 5_000_000, sha256: 'x' };
    expect(haveSameScores(dropped, dropped)).toBe(false);
    expect(haveSameScores(page(['0']), page(['0']))).toBe(false);
  });
});
