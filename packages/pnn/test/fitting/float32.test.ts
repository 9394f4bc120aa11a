import { describe, expect, it } from 'vitest';
import { fitPolynomial } from '../../src/fitting/index.js';

const f32 = Math.fround;

/** Horner's method with every operation rounded to float32. */
function horner32(coefficients: Float64Array, z: number): number {
  return coefficients.reduceRight((sum, coefficient) => f32(f32(sum * z) + f32(coefficient)), 0);
}

/** The largest errors against float64 of ReLU's fit on [-47, 47], over 10,001 inputs. */
function errors(degree: number): { inX: number; inT: number; evenOdd: number } {
  const bound = 47;
  const polynomial = fitPolynomial('relu', { degree, bound });
  const powersOfT = polynomial.monomial();
  const powersOfX = powersOfT.map((coefficient, k) => coefficient / bound ** k);
  const { even, odd } = polynomial.evenOdd();
  const largest = { inX: 0, inT: 0, evenOdd: 0 };
  for (let i = -5000; i <= 5000; i++) {
    const x = f32((bound * i) / 5000);
    const t = f32(x * f32(1 / bound));
    const s = f32(f32(f32(2 * t) * t) - 1);
    const exact = polynomial.evaluate(x);
    const value = f32(horner32(even, s) + f32(t * horner32(odd, s)));
    largest.inX = Math.max(largest.inX, Math.abs(horner32(powersOfX, x) - exact));
    largest.inT = Math.max(largest.inT, Math.abs(horner32(powersOfT, t) - exact));
    largest.evenOdd = Math.max(largest.evenOdd, Math.abs(value - exact));
  }
  return largest;
}

describe('evaluation in float32 on [-47, 47]', () => {
  it.each([
    [8, 2e-5],
    [16, 2e-5],
    [22, 1e-4],
    [27, 4e-4],
  ])('even-odd Horner at degree %d stays below %d', (degree, limit) => {
    expect(errors(degree).evenOdd).toBeLessThan(limit);
  });

  it('plain Horner loses what even-odd Horner keeps, in x and in t alike', () => {
    const [low, middle, high] = [errors(8), errors(16), errors(22)] as const;
    for (const form of ['inX', 'inT'] as const) {
      expect(low[form]).toBeLessThan(1e-4);
      expect(middle[form]).toBeGreaterThan(1e-3);
      expect(high[form]).toBeGreaterThan(0.1);
      expect(high[form]).toBeGreaterThan(1000 * high.evenOdd);
    }
  });
});
