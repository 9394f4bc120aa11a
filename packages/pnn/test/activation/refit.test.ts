import { ArgumentError } from '@pnn/nn';
import { describe, expect, it } from 'vitest';
import { PolynomialActivation } from '../../src/index.js';

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
