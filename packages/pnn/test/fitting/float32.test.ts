import { type Device, polynomial, scope, tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { variants } from '../../../tensor/test/wasm/variants.js';
import { basisFor, type FittedPolynomial, fitPolynomial, targets } from '../../src/fitting/index.js';

/** Inputs of [-B, B], both ends among them. */
function inputsOf(bound: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => (bound * (2 * i - (count - 1))) / (count - 1));
}

/** The largest error of the kernel beside float64, over the largest |p(x)|. */
function kernelError(device: Device, fit: FittedPolynomial, basis = basisFor(fit.degree)): number {
  const { even, odd } = basis === 'even-odd' ? fit.evenOdd() : fit.twiceEvenOdd();
  const x = inputsOf(fit.bound, 1001);
  const exact = Float64Array.from(x, (value) => fit.evaluate(value));
  const size = exact.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return scope(() => {
    const options = { basis, bound: fit.bound, evenTerms: even.length };
    const { output } = polynomial(tensor(x, { device }), tensor([...even, ...odd], { device }), options);
    const values = Float32Array.from(output.dataSync());
    return values.reduce((largest, value, i) => Math.max(largest, Math.abs(value - exact[i]!)), 0) / size;
  });
}

const names = targets.names();
const methods = ['least-squares', 'minimax'] as const;

describe.each(variants)('in float32 on %s', (_, device) => {
  it('polynomials of all targets, degrees and bounds keep 1e-4 of their largest value', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.constantFrom(...methods),
        fc.integer({ min: 2, max: 32 }),
        fc.constantFrom(1, 5, 10, 35, 47, 100),
        (target, method, degree, bound) => {
          const fit = fitPolynomial(target, { degree, bound, method });
          expect(kernelError(device, fit)).toBeLessThan(1e-4);
        },
      ),
      { numRuns: 60 },
    );
  });

  // Where odd parts are as long as even ones, cancellation is worst.
  it.each(names)('the steepest polynomials of %s at degree 31 and 32 keep 3e-5', (target) => {
    for (const degree of [31, 32]) {
      const fit = fitPolynomial(target, { degree, bound: 100, method: 'minimax' });
      expect(kernelError(device, fit)).toBeLessThan(3e-5);
    }
  });

  it('the basis even-odd loses tanh at degree 32', () => {
    const fit = fitPolynomial('tanh', { degree: 32, bound: 100, method: 'minimax' });
    expect(kernelError(device, fit, 'even-odd')).toBeGreaterThan(1e-3);
  });
});

describe('the float32 error that a fit tells', () => {
  it('is of the size of the one that the kernels make', () => {
    const cases = fc.record({ target: fc.constantFrom(...names), degree: fc.integer({ min: 2, max: 32 }) });
    fc.assert(
      fc.property(cases, ({ target, degree }) => {
        const fit = fitPolynomial(target, { degree, bound: 40 });
        const { error, size } = fit.float32Error();
        for (const [, device] of variants) {
          // Another order of operations rounds otherwise; both are a few units where nothing cancels.
          expect(kernelError(device, fit)).toBeLessThan(8 * (error / size) + 4 * 2 ** -24);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('grows in powers of t as in those of s, of which u takes the half', () => {
    const error = (degree: number, basis: 'monomial' | 'even-odd' | 'twice-even-odd') =>
      fitPolynomial('relu', { degree, bound: 47 }).float32Error(basis).error;
    expect(error(8, 'monomial')).toBeLessThan(1e-4);
    expect(error(16, 'monomial')).toBeGreaterThan(1e-3);
    expect(error(22, 'monomial')).toBeGreaterThan(0.1);
    expect(error(22, 'even-odd')).toBeLessThan(1e-4);
    expect(error(32, 'even-odd')).toBeGreaterThan(1e-4);
    expect(error(32, 'twice-even-odd')).toBeLessThan(2e-5);
  });
});
