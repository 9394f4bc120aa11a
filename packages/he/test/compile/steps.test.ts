import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Series } from '../../src/compile/chebyshev.js';
import { evaluateSteps, stepsOf } from '../../src/compile/steps.js';

/** Σ c_k T_k(x), by cosines: for x in [−1, 1]. */
const direct = (series: Series, x: number) =>
  series.reduce((sum, coefficient, k) => sum + coefficient * Math.cos(k * Math.acos(x)), 0);

/** What the steps give, with factor and constant of its polynomial. */
function computed(polynomials: readonly Series[], x: Float64Array, polynomialOf?: Int32Array): Float64Array {
  const steps = stepsOf(polynomials, polynomialOf);
  return evaluateSteps(steps, x).map((value, i) => {
    const which = polynomialOf?.[i] ?? 0;
    return steps.factor[which]! * value + steps.constant[which]!;
  });
}

const points = Float64Array.from({ length: 41 }, (_, i) => i / 20 - 1);

/** ReLU's expansion on [−1, 1]: an even function and x/2. */
function relu(degree: number): number[] {
  return Array.from({ length: degree + 1 }, (_, k) => {
    if (k === 1) return 0.5;
    if (k % 2 === 1) return 0;
    return (k === 0 ? 1 : 2) * ((-1) ** (k / 2 + 1) / (Math.PI * (k * k - 1)));
  });
}

test.each([
  { degree: 2, depth: 1, products: 1 },
  { degree: 4, depth: 2, products: 2 },
  { degree: 8, depth: 3, products: 3 },
  { degree: 16, depth: 4, products: 5 },
  { degree: 22, depth: 5, products: 7 },
  { degree: 32, depth: 5, products: 8 },
])('degree $degree of ReLU takes $depth levels and $products products', ({ degree, depth, products }) => {
  const series = relu(degree);
  const steps = stepsOf([series], undefined);
  expect(steps.depth).toBe(depth);
  expect(steps.steps.filter(({ kind }) => kind === 'product').length).toBeLessThanOrEqual(products);
  const values = computed([series], points);
  points.forEach((x, i) => {
    expect(Math.abs(values[i]! - direct(series, x))).toBeLessThan(1e-9);
  });
});

test('any polynomial of degree 2 to 32 is computed, in the levels that its degree needs, whatever its parity', () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 2, max: 32 })
        .chain((degree) =>
          fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: degree, maxLength: degree }),
        ),
      fc.boolean(),
      (lower, even) => {
        const series = [...lower.map((value, k) => (even && k % 2 === 1 && k !== 1 ? 0 : value)), 0.5];
        const degree = series.length - 1;
        const { depth } = stepsOf([series], undefined);
        expect(depth).toBeLessThanOrEqual(Math.ceil(Math.log2(degree + 1)) + (degree % 2 ? 0 : 1));
        const values = computed([series], points);
        points.forEach((x, i) => {
          expect(Math.abs(values[i]! - direct(series, x))).toBeLessThan(1e-6 * 2 ** (degree / 4));
        });
      },
    ),
  );
});

test('polynomials of several channels share their steps', () => {
  const which = Int32Array.from(points, (_, i) => i % 2);
  const all = [relu(8), relu(8).map((value, k) => value * (1 + k / 10))];
  const values = computed(all, points, which);
  points.forEach((x, i) => {
    expect(Math.abs(values[i]! - direct(all[which[i]!]!, x))).toBeLessThan(1e-9);
  });
});
