import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { enclose, evaluatedPolynomial, float32Rounding } from '../../src/certificate/polynomial-enclosure.js';
import { evaluateChebyshev } from '../../src/fitting/chebyshev.js';

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });

describe('enclose', () => {
  it('holds at every point, inside and outside of [−B, B], and is not much wider than it must be', () => {
    fc.assert(
      fc.property(
        fc.array(number(-1, 1), { minLength: 2, maxLength: 33 }),
        number(-6, 6),
        number(0, 6),
        fc.array(number(0, 1), { minLength: 20, maxLength: 20 }),
        (terms, low, width, shares) => {
          const polynomial = evaluatedPolynomial(
            { basis: 'monomial', evenTerms: terms.length, bound: 3 },
            Float64Array.from(terms),
          );
          const high = low + width;
          const { slope, offset, radius, ...range } = enclose(polynomial, low, high);
          const grid = Array.from({ length: 400 }, (_, i) => Math.min(high, low + (width * i) / 399));
          let [least, most] = [Infinity, -Infinity];
          for (const x of [...shares.map((share) => Math.min(high, low + share * width)), ...grid]) {
            const value = evaluateChebyshev(polynomial.series, x / 3);
            expect(Math.abs(value - slope * x - offset)).toBeLessThanOrEqual(radius);
            expect(value).toBeGreaterThanOrEqual(range.low);
            expect(value).toBeLessThanOrEqual(range.high);
            [least, most] = [Math.min(least, value), Math.max(most, value)];
          }
          const scale = Math.max(Math.abs(least), Math.abs(most), 1) * 2.5 ** terms.length * 1e-10;
          expect(range.high - range.low).toBeLessThanOrEqual((most - least) * 1.06 + scale);
        },
      ),
    );
  });
});

/** The error of an even-odd polynomial in single precision, step by step, as a share of what `float32Rounding` promises. */
function roundingOf(terms: number[], x: number): number {
  const f = Math.fround;
  const evenTerms = Math.ceil(terms.length / 2);
  const rounded = Float64Array.from(terms, f);
  const polynomial = evaluatedPolynomial({ basis: 'even-odd', evenTerms, bound: 3 }, rounded);
  const input = f(x);
  const t = f(input / 3);
  const s = f(f(2 * f(t * t)) - 1);
  const sum = (part: Float64Array) => part.reduceRight((value, each) => f(f(value * s) + each), 0);
  const value = f(sum(rounded.slice(0, evenTerms)) + f(t * sum(rounded.slice(evenTerms))));
  const error = Math.abs(value - evaluateChebyshev(polynomial.series, input / 3));
  return error === 0 ? 0 : error / float32Rounding(polynomial, Math.abs(input));
}

describe('float32Rounding', () => {
  it('is not exceeded by single precision, step by step', () => {
    fc.assert(
      fc.property(fc.array(number(-1, 1), { minLength: 2, maxLength: 12 }), number(-5, 5), (terms, x) => {
        expect(roundingOf(terms, x)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is not exceeded where numbers are too small for full precision', () => {
    expect(roundingOf([0, 7.006492321624087e-46], 0.00002145767302863533)).toBeLessThanOrEqual(1);
    const tiny = number(-4e-38, 4e-38);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(tiny, number(-1e-43, 1e-43), fc.constant(0)), { minLength: 2, maxLength: 12 }),
        fc.oneof(number(-5, 5), tiny),
        (terms, x) => {
          expect(roundingOf(terms, x)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
