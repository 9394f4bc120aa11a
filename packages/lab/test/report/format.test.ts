import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDate,
  formatLoss,
  formatNumber,
  formatPercent,
  formatPoints,
  formatScientific,
  formatSeconds,
  formatShare,
} from '../../src/report/format.js';

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** The number that a reader takes the text for. */
function read(text: string): number {
  const plain = text.replaceAll(',', '').replaceAll('−', '-');
  const power = /10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)$/.exec(plain);
  if (power === null) return Number(plain);
  const exponent = [...power[1]!].map((c) => (c === '⁻' ? '-' : SUPERSCRIPTS.indexOf(c))).join('');
  const mantissa = plain.slice(0, power.index).replace('·', '');
  return Number(`${mantissa === '' ? '1' : mantissa === '-' ? '-1' : mantissa}e${exponent}`);
}

describe('numbers', () => {
  it('read back to the value within the digits shown', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e300, max: 1e300, noNaN: true }),
        fc.integer({ min: 2, max: 6 }),
        (value, digits) => {
          for (const text of [formatNumber(value, digits), formatNumber(value, digits, true)]) {
            expect(Math.abs(read(text) - value)).toBeLessThanOrEqual(Math.abs(value) * 10 ** (1 - digits));
          }
        },
      ),
    );
  });

  it('have their customary forms', () => {
    expect([0.12345, 12345, 3.1e9, 1e-5, 0, -2.5].map((value) => formatNumber(value))).toEqual([
      '0.1235',
      '12,350',
      '3.1·10⁹',
      '10⁻⁵',
      '0',
      '−2.5',
    ]);
    expect([Number.NaN, Infinity, -Infinity, null].map((value) => formatNumber(value))).toEqual([
      'NaN',
      '∞',
      '−∞',
      '–',
    ]);
    expect(formatNumber(3.2, 3, true)).toBe('3.20');
    expect(formatScientific(-1e7)).toBe('−10⁷');
    expect([0.076, 0.0001, 0, 12345.6].map(formatLoss)).toEqual(['0.0760', '0.0001', '0', '12,350']);
  });
});

describe('percentages', () => {
  it('have their customary forms', () => {
    expect(formatPercent(0.98714)).toBe('98.71%');
    expect(formatPercent(null)).toBe('–');
    expect([0, 3.1e-6, 0.0125, 1, Number.NaN].map(formatShare)).toEqual(['0', '0.00031%', '1.25%', '100.00%', 'NaN']);
    expect([0.0021, -0.013, 0, -0.00001, null].map(formatPoints)).toEqual(['+0.21', '−1.30', '0.00', '0.00', '–']);
  });

  it('never show a share of 0 for what is not 0', () => {
    fc.assert(
      fc.property(fc.double({ min: 5e-324, max: 1, noNaN: true }), (share) => {
        expect(formatShare(share)).toMatch(/[1-9]/);
      }),
    );
  });
});

describe('times', () => {
  it('have their customary forms', () => {
    expect([0.123, 9.999, 59.99, 192, 3780, 3599.7].map(formatSeconds)).toEqual([
      '0.12 s',
      '10.0 s',
      '1 min 00 s',
      '3 min 12 s',
      '1 h 03 min',
      '1 h 00 min',
    ]);
    expect(formatDate('2025-06-01T14:34:56+02:00')).toBe('2025-06-01 12:34 UTC');
    expect(formatDate('yesterday')).toBe('yesterday');
  });
});
