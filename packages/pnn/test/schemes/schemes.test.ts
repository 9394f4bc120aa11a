import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Arithmetic,
  babyStepGiantStep,
  evenOddHorner,
  FittedPolynomial,
  fewestLevels,
  fitPolynomial,
  horner,
  type SchemeCost,
  schemeCosts,
} from '../../src/index.js';

interface Value {
  readonly value: number;
}

/** Computes with numbers. */
const numbers: Arithmetic<Value> = {
  add: (a, b) => ({ value: a.value + b.value }),
  subtract: (a, b) => ({ value: a.value - b.value }),
  addConstant: (a, c) => ({ value: a.value + c }),
  multiply: (a, b) => ({ value: a.value * b.value }),
  scale: (a, c) => ({ value: a.value * c }),
};

const numberOf = (term: Value | number) => (typeof term === 'number' ? term : term.value);

const series = fc
  .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 33 })
  .map((coefficients) => new FittedPolynomial('relu', 2, 'least-squares', Float64Array.from(coefficients)));

describe('every scheme computes the polynomial', () => {
  it('for any series in Chebyshev polynomials', () => {
    fc.assert(
      fc.property(
        series,
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 40 }),
        (p, t, steps) => {
          const expected = p.evaluate(2 * t);
          const x = { value: t };
          // Coefficients in powers of t are up to (1 + √2)^degree as large, those of s that of half the degree.
          const growth = (1 + Math.SQRT2) ** p.degree;
          expect(Math.abs(numberOf(horner(p, x, numbers)) - expected)).toBeLessThan(1e-13 * growth);
          expect(Math.abs(numberOf(evenOddHorner(p, x, numbers)) - expected)).toBeLessThan(1e-12 * growth ** 0.75);
          expect(Math.abs(numberOf(babyStepGiantStep(p, x, numbers, steps)) - expected)).toBeLessThan(1e-9);
        },
      ),
    );
  });
});

const costs = (degree: number, target: 'relu' | 'tanh' = 'relu') =>
  Object.fromEntries(
    schemeCosts(fitPolynomial(target, { degree, bound: 5 })).map((cost): [string, SchemeCost] => [cost.scheme, cost]),
  );

describe('the cost of a scheme', () => {
  it("is that of Horner's method by hand", () => {
    // x² and c₂x + c₁: the first step is a scaling.
    expect(costs(8).Horner).toEqual({ scheme: 'Horner', depth: 8, multiplications: 7, scalings: 1 });
    // s by a square; four steps in s, the first a scaling; B/2 times t.
    expect(costs(8)['even-odd Horner']).toMatchObject({ depth: 5, multiplications: 4, scalings: 2 });
    expect(costs(2)['even-odd Horner']).toMatchObject({ depth: 2, multiplications: 1, scalings: 2 });
  });

  it.each([
    [2, 2],
    [4, 3],
    [8, 4],
    [16, 5],
    [32, 6],
  ])('takes log2(degree) + 1 levels at best: degree %i, %i', (degree, depth) => {
    expect(fewestLevels(fitPolynomial('relu', { degree, bound: 5 })).depth).toBe(depth);
  });

  it('is never more by Paterson and Stockmeyer than by Horner, and grows like a square root', () => {
    for (let degree = 2; degree <= 32; degree++) {
      for (const target of ['relu', 'tanh'] as const) {
        const all = costs(degree, target);
        const best = all['Paterson–Stockmeyer']!;
        expect(best.multiplications).toBeLessThanOrEqual(all['even-odd Horner']!.multiplications);
        expect(best.multiplications).toBeLessThanOrEqual(2 * Math.sqrt(2 * degree) + Math.log2(degree) + 2);
        expect(all['Paterson–Stockmeyer, fewest levels']!.depth).toBeLessThanOrEqual(best.depth);
      }
    }
  });
});
