import { noGrad, tensor } from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basisFor, effectivePolynomials, PolynomialActivation } from '../../src/index.js';

describe('effectivePolynomials', () => {
  it('are those that the activation evaluates, in every basis, also with other coefficients than those of the fit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 32 }),
        fc.constantFrom('relu', 'tanh', 'silu'),
        fc.constantFrom('own', 'monomial', 'even-odd', 'twice-even-odd'),
        fc.double({ min: 0.9, max: 1.1, noNaN: true }),
        async (degree, target, wanted, factor) => {
          const basis = wanted === 'own' || degree > 12 ? basisFor(degree) : wanted;
          const activation = new PolynomialActivation({ target, degree, bound: 4, basis, learnable: true });
          noGrad(() => activation.coefficients.assign(activation.coefficients.mul(factor)));
          const [polynomial] = await effectivePolynomials(activation);
          const xs = Float32Array.from({ length: 41 }, (_, i) => (4 * (i - 20)) / 20);
          const values = await noGrad(() => activation.approximate(tensor(xs))).data();
          xs.forEach((x, i) => {
            expect(Math.abs(values[i]! - polynomial!.evaluate(x))).toBeLessThan(2e-3);
          });
          expect(polynomial!.degree).toBeLessThanOrEqual(degree + 1);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are one for each channel', async () => {
    const activation = new PolynomialActivation({ degree: 4, bound: 4, channels: 3 });
    expect(await effectivePolynomials(activation)).toHaveLength(3);
  });
});
