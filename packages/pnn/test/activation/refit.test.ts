import { ArgumentError, noGrad, scope } from '@pnn/nn';
import { describe, expect, it } from 'vitest';
import { effectivePolynomials, fitPolynomial, PolynomialActivation } from '../../src/index.js';

/** All inputs between 4 and 5. */
const density = { edges: [4, 5], counts: [1] };
const made = (bound: number) => new PolynomialActivation({ degree: 4, bound, method: 'density', density });

describe('PolynomialActivation with a density of its own', () => {
  it.each([6, 4.5])('keeps to it at the bound %d, inside which it has weight', (bound) => {
    const activation = made(8);
    activation.refit(bound);
    expect(activation.fit.method).toBe('density');
    expect(activation.fit.bound).toBe(bound);
  });

  it('is fitted by least squares at a bound inside which it has none', () => {
    const activation = made(8);
    activation.refit(2);
    const even = new PolynomialActivation({ degree: 4, bound: 2 });
    expect(activation.fit.method).toBe('least-squares');
    expect(activation.coefficients.dataSync()).toEqual(even.coefficients.dataSync());
  });

  it('can be loaded with such a bound', () => {
    const activation = made(8);
    activation.loadStateDict(new PolynomialActivation({ degree: 4, bound: 2 }).stateDict());
    expect(activation.bound).toBe(2);
    expect(activation.fit.bound).toBe(2);
  });

  it.each([0, -1, Number.NaN])(
    'refuses the bound %d all the same, and a density that is given without weight',
    (bound) => {
      const activation = made(8);
      expect(() => activation.refit(bound)).toThrow(ArgumentError);
      expect(() => activation.refit(2, density)).toThrow(ArgumentError);
      expect(activation.bound).toBe(8);
    },
  );
});

describe('a lower degree', () => {
  it.each([
    ['relu', 8, 4],
    ['relu', 24, 2],
    ['tanh', 9, 3],
    ['silu', 8, 1],
  ])('takes the place of the one that %s was made with: %i, %i', async (target, made, degree) => {
    const activation = new PolynomialActivation({ target, degree: made, bound: 5 });
    const { size } = activation.coefficients;
    activation.refit(4, undefined, degree);
    expect(activation.coefficients.size).toBe(size);
    expect(activation.fit.degree).toBe(degree);
    const [polynomial] = await effectivePolynomials(activation);
    expect(polynomial!.degree).toBe(degree);
    const expected = fitPolynomial(target, { degree, bound: 4 });
    for (const x of [-4, -1, 0.5, 3]) expect(polynomial!.evaluate(x)).toBeCloseTo(expected.evaluate(x), 5);

    // It stays where only the bound changes, and may rise again, but no higher than it was.
    activation.refit(3);
    expect(activation.fit.degree).toBe(degree);
    activation.refit(3, undefined, made);
    expect(activation.fit.degree).toBe(made);
    expect(() => activation.refit(3, undefined, made + 1)).toThrow(ArgumentError);
    expect(activation.fit.degree).toBe(made);
  });
});

describe('another target', () => {
  it.each([2, 8, 22])('of a polynomial of degree %i that was learned keeps it, on another range', async (degree) => {
    const activation = new PolynomialActivation({ degree, bound: 6 });
    noGrad(() => scope(() => activation.coefficients.assign(activation.coefficients.mul(1.25))));
    const [learned] = await effectivePolynomials(activation);
    activation.refit(4.5, undefined, undefined, (x) => learned!.evaluate(x));
    expect(activation.bound).toBe(4.5);
    expect(activation.fit.target).toBe('relu');
    const [kept] = await effectivePolynomials(activation);
    for (const x of [-4.5, -2, 0, 0.25, 3, 4.5]) expect(kept!.evaluate(x)).toBeCloseTo(learned!.evaluate(x), 4);
  });
});
