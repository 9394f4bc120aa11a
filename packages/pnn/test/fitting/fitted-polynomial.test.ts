import { ArgumentError } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FittedPolynomial, fitPolynomial } from '../../src/fitting/index.js';

const horner = (coefficients: Float64Array, z: number): number =>
  coefficients.reduceRight((sum, coefficient) => sum * z + coefficient, 0);

describe('FittedPolynomial', () => {
  const silu = fitPolynomial('silu', { degree: 12, bound: 9 });

  it('knows what it is', () => {
    expect(silu).toMatchObject({ target: 'silu', degree: 12, bound: 9, method: 'least-squares' });
    expect(silu.coefficients).toHaveLength(13);
  });

  it('does not change with the arrays that it took or handed out', () => {
    const given = Float64Array.of(1, 2, 3);
    const polynomial = new FittedPolynomial('relu', 2, 'least-squares', given);
    const before = polynomial.evaluate(1.5);
    given.fill(7);
    polynomial.coefficients.fill(7);
    polynomial.evenOdd().even.fill(7);
    polynomial.monomial().fill(7);
    expect(polynomial.evaluate(1.5)).toBe(before);
  });

  it('has the same value in every form', () => {
    fc.assert(
      fc.property(fc.double({ min: -9, max: 9, noNaN: true }), (x) => {
        const t = x / 9;
        const s = 2 * t * t - 1;
        const { even, odd } = silu.evenOdd();
        expect(horner(silu.monomial(), t)).toBeCloseTo(silu.evaluate(x), 11);
        expect(horner(even, s) + t * horner(odd, s)).toBeCloseTo(silu.evaluate(x), 12);
      }),
    );
  });

  it('has the derivative that central differences see', () => {
    fc.assert(
      fc.property(fc.double({ min: -12, max: 12, noNaN: true }), (x) => {
        const step = 1e-5;
        const expected = (silu.evaluate(x + step) - silu.evaluate(x - step)) / (2 * step);
        expect(Math.abs(silu.derivative(x) - expected)).toBeLessThan(1e-7 * (1 + Math.abs(expected)));
      }),
    );
    const line = new FittedPolynomial('relu', 4, 'least-squares', Float64Array.of(1, 2));
    expect(line.derivative(100)).toBe(0.5);
  });

  it('finds the largest error, also where it sits at an end', () => {
    const line = new FittedPolynomial((x) => x ** 2, 3, 'least-squares', Float64Array.of(0, 0));
    expect(line.maxError()).toBe(9);
    expect(line.maxError(2)).toBe(9);
    expect(new FittedPolynomial((x) => Math.exp(x), 1, 'minimax', Float64Array.of(0, 0)).maxError(3)).toBe(Math.E);
    expect(() => line.maxError(1)).toThrow(ArgumentError);
    expect(() => line.maxError(2.5)).toThrow(ArgumentError);
  });

  it('describes itself', () => {
    const polynomial = fitPolynomial('relu', { degree: 2, bound: 35, method: 'minimax' });
    expect(`${polynomial}`).toBe('relu on [-35, 35]: degree 2, minimax, largest error 2.19');
    const { error, size } = polynomial.float32Error();
    expect(error).toBeLessThan(1e-5);
    expect(size).toBe(Math.abs(polynomial.evaluate(35)));
    expect(polynomial.describe()).toBe(
      [
        'relu on [-35, 35]: degree 2, minimax, largest error 2.19',
        'p(x) = E(s) + t O(s) with t = x / 35, s = 2 t^2 - 1',
        `E(s) = ${polynomial.evenOdd().even[0]} + ${polynomial.evenOdd().even[1]} s`,
        'O(s) = 17.5',
        `in float32, basis even-odd: ${error.toPrecision(2)} more error, ${(error / size).toPrecision(2)} of the largest value`,
      ].join('\n'),
    );
    const negative = new FittedPolynomial('tanh', 1, 'minimax', Float64Array.of(-1, 0, -0.5, 0, -2)).describe();
    expect(negative).toContain('E(s) = 1 - 0.5 s - 4 s^2');
  });

  it('prints coefficients that give the same polynomial to the bit', () => {
    const polynomial = fitPolynomial('gelu', { degree: 48, bound: 20 });
    const printed = polynomial
      .describe()
      .split('\n')
      .slice(2, 4)
      .map((line) =>
        line
          .slice('E(s) = '.length)
          .replaceAll('- ', '-')
          .split(' ')
          .filter((word) => /^-?\d/.test(word))
          .map(Number),
      );
    const { even, odd } = polynomial.evenOdd();
    expect(printed).toEqual([Array.from(even), Array.from(odd)]);
  });

  it('refuses coefficients and bounds that are no polynomial', () => {
    const make =
      (bound: number, ...coefficients: number[]) =>
      (): FittedPolynomial =>
        new FittedPolynomial('relu', bound, 'minimax', Float64Array.from(coefficients));
    expect(make(1, 1)).toThrow(ArgumentError);
    expect(make(1, 1, Number.NaN)).toThrow(ArgumentError);
    expect(make(0, 1, 1)).toThrow(ArgumentError);
    expect(make(Number.NaN, 1, 1)).toThrow(ArgumentError);
  });
});
