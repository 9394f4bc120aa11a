import { ArgumentError } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { densityWeights } from '../../src/fitting/density.js';
import { fitPolynomial, type TargetName, targetFunction } from '../../src/fitting/index.js';

const points = Float64Array.from({ length: 201 }, (_, i) => (i - 100) / 10);
const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

describe('densityWeights', () => {
  it('has mean 1 and never less than the floor', () => {
    const histogram = fc
      .array(fc.tuple(fc.double({ min: 0.01, max: 5, noNaN: true }), fc.nat({ max: 1000 })), {
        minLength: 1,
        maxLength: 40,
      })
      .map((bins) => {
        const edges = [-10];
        for (const [width] of bins) edges.push(edges.at(-1)! + width);
        return { edges, counts: bins.map(([, count]) => count) };
      })
      .filter(({ counts }) => counts[0]! > 0);
    fc.assert(
      fc.property(histogram, fc.double({ min: 0.001, max: 1, noNaN: true }), (density, floor) => {
        const weights = densityWeights(density, points, floor);
        expect(sum(weights) / points.length).toBeCloseTo(1, 10);
        for (const weight of weights) expect(weight).toBeGreaterThanOrEqual(floor);
      }),
    );
  });

  it('counts bins that are narrower than the samples are apart', () => {
    const weights = densityWeights({ edges: [-10, 2.01, 2.02, 10], counts: [0, 7, 0] }, points, 0);
    expect(weights[120]).toBeCloseTo(points.length, 10);
    expect(sum(weights)).toBeCloseTo(points.length, 10);
  });

  it('takes a function and a histogram of it for the same density', () => {
    const density = (x: number): number => Math.exp((-x * x) / 8);
    const edges = Array.from({ length: 2002 }, (_, i) => -10.01 + i / 100);
    const counts = edges.slice(1).map((edge) => density(edge - 0.005));
    const byHistogram = densityWeights({ edges, counts }, points, 0.05);
    densityWeights(density, points, 0.05).forEach((weight, i) => {
      expect(Math.abs(weight - byHistogram[i]!)).toBeLessThan(0.01);
    });
  });

  it.each([
    ['too few edges', { edges: [0, 1], counts: [1, 2] }],
    ['no bins', { edges: [0], counts: [] }],
    ['falling edges', { edges: [0, 2, 1], counts: [1, 2] }],
    ['an infinite edge', { edges: [0, 1, Infinity], counts: [1, 2] }],
    ['a NaN edge', { edges: [0, Number.NaN, 2], counts: [1, 2] }],
    ['a negative count', { edges: [0, 1, 2], counts: [1, -2] }],
    ['a NaN count', { edges: [0, 1, 2], counts: [1, Number.NaN] }],
    ['no mass inside the bound', { edges: [50, 60], counts: [3] }],
    ['a negative density', (x: number): number => x],
    ['an infinite density', (x: number): number => 1 / Math.abs(x)],
    ['a density of zero', (): number => 0],
  ])('refuses %s', (_, density) => {
    expect(() => densityWeights(density, points, 0.1)).toThrow(ArgumentError);
  });
});

describe("the method 'density'", () => {
  const target = fc.constantFrom<TargetName>('relu', 'silu', 'gelu', 'sigmoid', 'tanh', 'softplus');

  it('has a smaller density-weighted error than even weights, for densities on either side too', () => {
    const bound = 20;
    const setting = fc.record({
      name: target,
      degree: fc.integer({ min: 1, max: 22 }),
      center: fc.double({ min: -5, max: 5, noNaN: true }),
      deviation: fc.double({ min: 0.5, max: 8, noNaN: true }),
      floor: fc.double({ min: 0.001, max: 0.9, noNaN: true }),
    });
    fc.assert(
      fc.property(setting, ({ name, degree, center, deviation, floor }) => {
        const f = targetFunction(name);
        const density = (x: number): number => Math.exp(-(((x - center) / deviation) ** 2) / 2);
        const weighted = fitPolynomial(name, { degree, bound, method: 'density', density, densityFloor: floor });
        const even = fitPolynomial(name, { degree, bound });
        let weightedSum = 0;
        let evenSum = 0;
        for (let i = -2048; i <= 2048; i++) {
          const x = (bound * i) / 2048;
          weightedSum += density(x) * (weighted.evaluate(x) - f(x)) ** 2;
          evenSum += density(x) * (even.evaluate(x) - f(x)) ** 2;
        }
        expect(weightedSum).toBeLessThanOrEqual(evenSum * (1 + 1e-9));
      }),
      { numRuns: 50 },
    );
  });

  it('gains by a factor where inputs are narrow, and does not abandon the boundary', () => {
    const bound = 35;
    const density = (x: number): number => Math.exp((-x * x) / 2);
    const rms = (p: { evaluate(x: number): number }): number => {
      let error = 0;
      let mass = 0;
      for (let x = -8; x <= 8; x += 0.01) {
        error += density(x) * (p.evaluate(x) - Math.max(x, 0)) ** 2;
        mass += density(x);
      }
      return Math.sqrt(error / mass);
    };
    const even = fitPolynomial('relu', { degree: 8, bound });
    const weighted = fitPolynomial('relu', { degree: 8, bound, method: 'density', density });
    expect(rms(weighted)).toBeLessThan(rms(even) / 3);
    expect(weighted.maxError()).toBeLessThan(2 * even.maxError());
    const abandoned = fitPolynomial('relu', { degree: 8, bound, method: 'density', density, densityFloor: 1e-6 });
    expect(abandoned.maxError()).toBeGreaterThan(10 * even.maxError());
  });

  it.each([
    [2, 0.117],
    [4, 0.107],
    [8, 0.092],
    [16, 0.065],
    [22, 0.047],
  ])('has a floor that fits degree %i: an error of %d where inputs are, no slope above 6', (degree, error) => {
    const density = (x: number): number => Math.exp((-x * x) / 2);
    const fit = fitPolynomial('relu', { degree, bound: 13, method: 'density', density });
    let [sum, mass, slope] = [0, 0, 0];
    for (let x = -13; x <= 13; x += 0.02) {
      sum += density(x) * (fit.evaluate(x) - Math.max(x, 0)) ** 2;
      mass += density(x);
      slope = Math.max(slope, Math.abs(fit.evaluate(x + 1e-4) - fit.evaluate(x - 1e-4)) / 2e-4);
    }
    expect(Math.sqrt(sum / mass)).toBeCloseTo(error, 2);
    expect(slope).toBeLessThan(6);
  });

  it('is plain least squares with a floor of 1', () => {
    fc.assert(
      fc.property(target, fc.integer({ min: 1, max: 27 }), (name, degree) => {
        const even = fitPolynomial(name, { degree, bound: 10 });
        const floored = fitPolynomial(name, {
          degree,
          bound: 10,
          method: 'density',
          density: Math.exp,
          densityFloor: 1,
        });
        even.coefficients.forEach((coefficient, k) => {
          expect(floored.coefficients[k]).toBeCloseTo(coefficient, 13);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('fits a polynomial exactly whatever the density', () => {
    const cubic = (x: number): number => 0.5 - x + 0.25 * x ** 2 + 0.125 * x ** 3;
    const density = { edges: [-2, -1, 0.5, 2], counts: [1, 100, 3] };
    const polynomial = fitPolynomial(cubic, { degree: 6, bound: 2, method: 'density', density });
    expect(polynomial.maxError()).toBeLessThan(1e-12);
  });
});
