import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chebyshevToEvenOdd,
  chebyshevToMonomial,
  chebyshevValues,
  differentiateChebyshev,
  evaluateChebyshev,
} from '../../src/fitting/chebyshev.js';

const unit = fc.double({ min: -1, max: 1, noNaN: true });
const series = fc
  .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 24 })
  .map((values) => Float64Array.from(values));

function basis(order: number, length = order + 1): Float64Array {
  const coefficients = new Float64Array(length);
  coefficients[order] = 1;
  return coefficients;
}

function horner(coefficients: Float64Array, z: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * z + coefficient, 0);
}

describe('Chebyshev series', () => {
  it('evaluates T_n(t) = cos(n arccos t)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), unit, (order, t) => {
        const expected = Math.cos(order * Math.acos(t));
        expect(evaluateChebyshev(basis(order), t)).toBeCloseTo(expected, 11);
        expect(chebyshevValues(t, order)[order]).toBeCloseTo(expected, 11);
      }),
    );
  });

  it('evaluates outside [-1, 1]: T_n(t) = cosh(n arcosh t)', () => {
    const expected = Math.cosh(22 * Math.acosh(1.5));
    expect(evaluateChebyshev(basis(22), 1.5) / expected).toBeCloseTo(1, 12);
  });

  it('differentiates: T_n(cos θ)′ = n sin(nθ) / sin θ', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 }), fc.double({ min: 0.1, max: 3, noNaN: true }), (order, angle) => {
        const expected = (order * Math.sin(order * angle)) / Math.sin(angle);
        expect(evaluateChebyshev(differentiateChebyshev(basis(order)), Math.cos(angle))).toBeCloseTo(expected, 9);
      }),
    );
  });

  it('has the known integer powers of T_5 = 16t⁵ - 20t³ + 5t and T_6 = 32t⁶ - 48t⁴ + 18t² - 1', () => {
    expect([...chebyshevToMonomial(basis(5))]).toEqual([0, 5, 0, -20, 0, 16]);
    expect([...chebyshevToMonomial(basis(6))]).toEqual([-1, 0, 18, 0, -48, 0, 32]);
  });

  it('splits T_6 = T_3(s) = 4s³ - 3s and T_5 = t (4s² - 2s - 1)', () => {
    expect([...chebyshevToEvenOdd(basis(6)).even]).toEqual([0, -3, 0, 4]);
    expect([...chebyshevToEvenOdd(basis(5)).odd]).toEqual([-1, -2, 4]);
  });

  it('keeps its value in powers of t and as E(s) + t O(s)', () => {
    fc.assert(
      fc.property(series, unit, (coefficients, t) => {
        const expected = evaluateChebyshev(coefficients, t);
        const { even, odd } = chebyshevToEvenOdd(coefficients);
        const s = 2 * t * t - 1;
        expect(horner(even, s) + t * horner(odd, s)).toBeCloseTo(expected, 9);
        expect(horner(chebyshevToMonomial(coefficients), t)).toBeCloseTo(expected, 6);
      }),
    );
  });

  it('gives each part the length that its highest coefficient asks for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), (degree) => {
        const { even, odd } = chebyshevToEvenOdd(new Float64Array(degree + 1).fill(1));
        expect(even).toHaveLength(Math.floor(degree / 2) + 1);
        expect(odd).toHaveLength(Math.floor((degree + 1) / 2));
      }),
    );
  });

  it('leaves out highest coefficients that are rounding, never all of a part', () => {
    const noisy = chebyshevToEvenOdd(Float64Array.of(1, 0.5, 0.25, 1e-17, -0.125, -1e-16));
    expect(noisy.odd).toEqual(Float64Array.of(0.5));
    expect(noisy.even).toHaveLength(3);
    expect(chebyshevToEvenOdd(Float64Array.of(0, 1, 0, 1))).toMatchObject({ even: Float64Array.of(0) });
    expect(chebyshevToEvenOdd(Float64Array.of(0, 0))).toEqual({ even: Float64Array.of(0), odd: Float64Array.of(0) });
    expect(chebyshevToEvenOdd(Float64Array.of(1, 0.5, 0, 1e-9)).odd).toHaveLength(2);
  });
});
