import { ArgumentError, Generator } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateChebyshev } from '../../src/fitting/chebyshev.js';
import { type FitOptions, fitPolynomial, targetFunction } from '../../src/fitting/index.js';

describe('fitPolynomial by least squares', () => {
  it.each([
    [2, 3.28],
    [4, 2.05],
    [8, 1.18],
    [16, 0.637],
    [22, 0.474],
  ])('of degree %d for relu on [-35, 35] has the error %d', (degree, error) => {
    expect(Math.abs(fitPolynomial('relu', { degree, bound: 35 }).maxError() / error - 1)).toBeLessThan(0.01);
  });

  it('is within 2% of its default with the 100 samples of the paper', () => {
    for (const degree of [2, 4, 8, 16, 22]) {
      const paper = fitPolynomial('relu', { degree, bound: 35, samples: 100 }).maxError();
      expect(Math.abs(paper / fitPolynomial('relu', { degree, bound: 35 }).maxError() - 1)).toBeLessThan(0.02);
    }
  });

  it('recovers known coefficients to 1e-12 up to degree 64, whatever their symmetry', () => {
    const setting = fc.record({
      degree: fc.integer({ min: 1, max: 64 }),
      bound: fc.double({ min: 0.5, max: 100, noNaN: true }),
      seed: fc.nat(),
      keep: fc.constantFrom('all', 'even', 'odd'),
    });
    fc.assert(
      fc.property(setting, ({ degree, bound, seed, keep }) => {
        const generator = new Generator(seed);
        const known = Float64Array.from({ length: degree + 1 }, (_, k) =>
          keep === 'all' || k < 2 || (k % 2 === 0) === (keep === 'even') ? generator.normal() : 0,
        );
        const polynomial = fitPolynomial((x) => evaluateChebyshev(known, x / bound), { degree, bound });
        known.forEach((coefficient, k) => {
          expect(Math.abs(polynomial.coefficients[k]! - coefficient)).toBeLessThan(1e-12);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('leaves residuals that are orthogonal to every power up to the degree', () => {
    const samples = 301;
    for (const target of ['relu', 'tanh', 'softplus', (x: number): number => Math.abs(x - 1)] as const) {
      const f = targetFunction(target);
      const polynomial = fitPolynomial(target, { degree: 9, bound: 4, samples });
      for (let power = 0; power <= 9; power++) {
        let inner = 0;
        for (let i = 0; i < samples; i++) {
          const t = (2 * i - (samples - 1)) / (samples - 1);
          inner += t ** power * (f(4 * t) - polynomial.evaluate(4 * t));
        }
        expect(Math.abs(inner / samples)).toBeLessThan(1e-14);
      }
    }
  });

  it('interpolates where there are as many samples as coefficients', () => {
    const polynomial = fitPolynomial('silu', { degree: 4, bound: 3, samples: 5 });
    for (const x of [-3, -1.5, 0, 1.5, 3]) expect(polynomial.evaluate(x)).toBeCloseTo(x / (1 + Math.exp(-x)), 13);
  });
});

describe('fitPolynomial and symmetry', () => {
  const method = fc.constantFrom<Partial<FitOptions>>(
    {},
    { method: 'minimax' },
    { method: 'density', density: (x) => Math.exp(-((x - 1) ** 2)) },
  );
  const degree = fc.integer({ min: 1, max: 27 });
  const bound = fc.double({ min: 0.5, max: 100, noNaN: true });

  it('makes O(s) the constant B/2 for relu, silu, gelu and softplus', () => {
    const name = fc.constantFrom('relu', 'silu', 'gelu', 'softplus');
    fc.assert(
      fc.property(name, degree, bound, method, (target, d, b, options) => {
        const { odd } = fitPolynomial(target, { ...options, degree: d, bound: b }).evenOdd();
        expect(odd).toHaveLength(1);
        expect(Math.abs(odd[0]! / (b / 2) - 1)).toBeLessThan(1e-14);
      }),
      { numRuns: 50 },
    );
  });

  it('makes E(s) constant for tanh and the sigmoid', () => {
    fc.assert(
      fc.property(fc.constantFrom('tanh', 'sigmoid'), degree, bound, method, (target, d, b, options) => {
        const { even } = fitPolynomial(target, { ...options, degree: d, bound: b }).evenOdd();
        expect(even).toHaveLength(1);
        expect(even[0]).toBeCloseTo(target === 'tanh' ? 0 : 0.5, 14);
      }),
      { numRuns: 50 },
    );
  });

  it('assumes none where there is none', () => {
    const { even, odd } = fitPolynomial((x) => Math.max(x - 1, 0), { degree: 9, bound: 4 }).evenOdd();
    expect(even).toHaveLength(5);
    expect(odd).toHaveLength(5);
  });
});

describe('fitPolynomial refuses', () => {
  const good: FitOptions = { degree: 4, bound: 5 };

  it.each<[string, Partial<FitOptions>]>([
    ['degree 0', { degree: 0 }],
    ['degree 65', { degree: 65 }],
    ['degree 2.5', { degree: 2.5 }],
    ['degree NaN', { degree: Number.NaN }],
    ['bound 0', { bound: 0 }],
    ['a negative bound', { bound: -3 }],
    ['an infinite bound', { bound: Infinity }],
    ['bound NaN', { bound: Number.NaN }],
    ['too few samples', { samples: 4 }],
    ['a fraction of samples', { samples: 10.5 }],
    ['samples for minimax', { method: 'minimax', samples: 100 }],
    ['density without a density', { method: 'density' }],
    ['a density for another method', { density: () => 1 }],
    ['a floor for another method', { densityFloor: 0.5 }],
    ['a floor of 0', { method: 'density', density: () => 1, densityFloor: 0 }],
    ['a floor above 1', { method: 'density', density: () => 1, densityFloor: 1.1 }],
    ['an unknown method', { method: 'remez' as 'minimax' }],
  ])('%s', (_, options) => {
    const fit = (): unknown => fitPolynomial('relu', { ...good, ...options });
    expect(fit).toThrow(ArgumentError);
    expect(fit).toThrow(/^fitPolynomial: /);
  });

  it('targets that are not finite, naming where', () => {
    for (const method of ['least-squares', 'minimax'] as const) {
      expect(() => fitPolynomial((x) => 1 / x, { ...good, method })).toThrow(/Infinity at x = 0/);
      expect(() => fitPolynomial(Math.sqrt, { ...good, method })).toThrow(/NaN at x = -5/);
      expect(() => fitPolynomial(Math.sqrt, { ...good, method })).toThrow(ArgumentError);
    }
  });

  it('equally spaced samples that are too few to determine a high degree', () => {
    expect(() => fitPolynomial((x) => Math.exp(-x), { degree: 64, bound: 5, samples: 65 })).toThrow(
      /take more samples/,
    );
  });
});
