import { ArgumentError } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FittedPolynomial, fitPolynomial, type Target, targetFunction } from '../../src/fitting/index.js';

const TARGETS: readonly Target[] = [
  'relu',
  'silu',
  'gelu',
  'sigmoid',
  'tanh',
  'softplus',
  function shiftedRelu(x: number) {
    return Math.max(x - 0.3, 0);
  },
  function leakyRelu(x: number) {
    return Math.max(x, 0.1 * x);
  },
  function hardSwish(x: number) {
    return (x * Math.min(Math.max(x + 3, 0), 6)) / 6;
  },
  function clipped(x: number) {
    return Math.min(Math.max(x, -1), 2);
  },
  function exponential(x: number) {
    return Math.exp(x / 10);
  },
];

const GRID = 20_000;

/**
 * The number of points, from left to right, at which the error takes its largest value with alternating signs, up to
 * `slack`. Found by search on a grid and ternary search around each peak.
 */
function alternations(polynomial: FittedPolynomial, target: Target, slack: (largest: number) => number): number {
  const { bound } = polynomial;
  const f = targetFunction(target);
  const error = (t: number): number => f(bound * t) - polynomial.evaluate(bound * t);
  const node = (i: number): number => -Math.cos((Math.PI * Math.min(Math.max(i, 0), GRID)) / GRID);
  const errors = Float64Array.from({ length: GRID + 1 }, (_, i) => error(node(i)));
  const peaks: number[] = [];
  errors.forEach((value, i) => {
    const size = Math.abs(value);
    if (size < Math.abs(errors[i - 1] ?? 0) || size < Math.abs(errors[i + 1] ?? 0)) return;
    const sign = Math.sign(value);
    let left = node(i - 1);
    let right = node(i + 1);
    for (let step = 0; step < 100; step++) {
      const third = (right - left) / 3;
      if (sign * error(left + third) < sign * error(right - third)) left += third;
      else right -= third;
    }
    peaks.push(sign * Math.max(size, sign * error((left + right) / 2)));
  });
  const largest = peaks.reduce((most, peak) => Math.max(most, Math.abs(peak)), 0);
  const high = peaks.filter((peak) => Math.abs(peak) >= largest - slack(largest));
  return high.filter((peak, i) => i === 0 || Math.sign(peak) !== Math.sign(high[i - 1]!)).length;
}

describe('the minimax polynomial', () => {
  it('alternates at least degree + 2 times between errors equal to 1e-6, and beats least squares', () => {
    const setting = fc.record({
      target: fc.constantFrom(...TARGETS),
      degree: fc.integer({ min: 1, max: 27 }),
      bound: fc.double({ min: 0.5, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(setting, ({ target, degree, bound }) => {
        const best = fitPolynomial(target, { degree, bound, method: 'minimax' });
        const squares = fitPolynomial(target, { degree, bound });
        const f = targetFunction(target);
        const rounding = 1e-13 * Math.max(Math.abs(f(bound)), Math.abs(f(-bound)), 1);
        const error = best.maxError();
        expect(error).toBeLessThanOrEqual(squares.maxError() * (1 + 1e-7) + rounding);
        if (error < 100 * rounding) return;
        expect(alternations(best, target, (largest) => 1e-6 * largest + rounding)).toBeGreaterThanOrEqual(degree + 2);
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    [2, 2.1875],
    [4, 1.183],
    [8, 0.607],
    [16, 0.306],
    [22, 0.223],
  ])('of degree %d for relu on [-35, 35] has the error %d', (degree, error) => {
    const polynomial = fitPolynomial('relu', { degree, bound: 35, method: 'minimax' });
    expect(Math.abs(polynomial.maxError() / error - 1)).toBeLessThan(0.005);
  });

  it('of |x| has the known errors: 1/8 at degree 2, Bernstein’s constant 0.28017 / degree in the limit', () => {
    const error = (degree: number): number =>
      fitPolynomial(Math.abs, { degree, bound: 1, method: 'minimax' }).maxError();
    expect(error(2)).toBeCloseTo(1 / 8, 12);
    // Varga and Carpenter (1985): 2n E_2n(|x|) = 0.28016949902… - 0.0438… / (2n)² …
    expect(64 * error(64)).toBeCloseTo(0.28016949902, 4);
  });

  it('of t^n, one degree lower, is t^n - T_n(t) / 2^(n-1)', () => {
    for (const n of [3, 6, 9, 12]) {
      const polynomial = fitPolynomial((t) => t ** n, { degree: n - 1, bound: 1, method: 'minimax' });
      expect(polynomial.maxError() * 2 ** (n - 1)).toBeCloseTo(1, 7);
    }
  });

  it('of a symmetric target does not depend on the degree that symmetry leaves idle', () => {
    for (const [target, low] of [
      ['relu', 8],
      ['silu', 14],
      ['tanh', 9],
      ['sigmoid', 15],
    ] as const) {
      const lower = fitPolynomial(target, { degree: low, bound: 12, method: 'minimax' });
      const higher = fitPolynomial(target, { degree: low + 1, bound: 12, method: 'minimax' });
      expect(higher.coefficients[low + 1]).toBe(0);
      lower.coefficients.forEach((coefficient, k) => {
        expect(higher.coefficients[k]).toBeCloseTo(coefficient, 10);
      });
    }
  });

  it('meets a target that is a polynomial itself', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 }), (powers) => {
        const f = (x: number): number => powers.reduceRight((sum, power) => sum * x + power, 0);
        for (const degree of [5, 9]) {
          expect(fitPolynomial(f, { degree, bound: 1.5, method: 'minimax' }).maxError()).toBeLessThan(1e-13);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('does not stumble over targets so small that they underflow', () => {
    for (const scale of [1e-323, 1e-315, 1e-300, 1e-280]) {
      const polynomial = fitPolynomial((x) => scale * Math.max(x, 0), { degree: 8, bound: 35, method: 'minimax' });
      expect(polynomial.maxError()).toBeLessThan(2 * scale + 1e-322);
    }
  });

  it('cannot come closer to a jump than half of it', () => {
    expect(fitPolynomial(Math.sign, { degree: 5, bound: 2, method: 'minimax' }).maxError()).toBeCloseTo(1, 7);
  });

  it('says so where the exchange does not settle', () => {
    const sawtooth = (x: number): number => x - Math.floor(x * 1.3);
    expect(() => fitPolynomial(sawtooth, { degree: 27, bound: 35, method: 'minimax' })).toThrow(ArgumentError);
  });
});
