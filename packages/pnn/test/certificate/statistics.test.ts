import { ArgumentError, Generator } from '@pnn/nn';
import { describe, expect, it } from 'vitest';
import { clopperPearsonUpper, paretoTail } from '../../src/index.js';

describe('clopperPearsonUpper', () => {
  it('is the closed form where nothing happened', () => {
    for (const n of [1, 10, 10_000]) {
      expect(clopperPearsonUpper(0, n, 0.99)).toBeCloseTo(1 - 0.01 ** (1 / n), 10);
    }
    expect(clopperPearsonUpper(7, 7, 0.99)).toBe(1);
  });

  // scipy.stats.beta.ppf(0.99, k + 1, n - k)
  it.each([
    [1, 10, 0.5043526629308013],
    [5, 100, 0.12585173069767863],
    [3, 10_000, 0.0010041579653778244],
    [900, 1000, 0.9209433620905921],
  ])('is the quantile of the beta distribution: %i of %i', (k, n, expected) => {
    expect(clopperPearsonUpper(k, n, 0.99) / expected).toBeCloseTo(1, 8);
  });

  it('covers the probability as often as it says', () => {
    const generator = new Generator(5, 'binomial');
    let covered = 0;
    for (let run = 0; run < 400; run++) {
      let k = 0;
      for (let i = 0; i < 200; i++) if (generator.uniform() < 0.03) k++;
      if (clopperPearsonUpper(k, 200, 0.9) >= 0.03) covered++;
    }
    expect(covered / 400).toBeGreaterThan(0.87);
  });

  it.each([
    [-1, 10, 0.9],
    [11, 10, 0.9],
    [1, 0, 0.9],
    [1, 10, 1],
    [0.5, 10, 0.9],
  ])('refuses %d of %d with confidence %d', (k, n, confidence) => {
    expect(() => clopperPearsonUpper(k, n, confidence)).toThrow(ArgumentError);
  });
});

describe('paretoTail', () => {
  const generator = new Generator(3, 'tails');
  const draws = (inverse: (u: number) => number, count: number) =>
    Float64Array.from({ length: count }, () => inverse(generator.uniform()));

  it.each([
    ['exponential', 0, (u: number) => -Math.log(1 - u), 9, Math.exp(-9)],
    ['heavy, of index 4', 0.25, (u: number) => (1 - u) ** -0.25 - 1, 9, 10 ** -4],
    ['that ends at 1', -1 / 3, (u: number) => 1 - (1 - u) ** (1 / 3), 0.95, 0.05 ** 3],
  ])('finds a tail that is %s, and its interval covers the truth', (_, shape, inverse, limit, truth) => {
    const tail = paretoTail(draws(inverse, 8000), limit);
    expect(Math.abs(tail.shape - shape)).toBeLessThan(0.2);
    expect(tail.probability).toBeGreaterThan(truth / 30);
    expect(tail.probability).toBeLessThan(truth * 30);
    expect(tail.upper).toBeGreaterThan(truth);
    expect(tail.upper).toBeGreaterThan(tail.probability);
    expect(tail.upper).toBeLessThan(truth * 300);
  });

  it('refuses too few values, and limits inside of the sample', () => {
    const increasing = new Float64Array(1000).map((_, i) => i);
    expect(() => paretoTail(increasing, 10)).toThrow(/must lie above the threshold/);
    expect(() => paretoTail([1, 2, 3], 10)).toThrow(/too few/);
    expect(() => paretoTail(new Float64Array(1000).fill(1), 10)).toThrow(/too few/);
  });
});
