import { ArgumentError, Generator } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { solveLeastSquares } from '../../src/fitting/least-squares.js';

describe('solveLeastSquares', () => {
  it('solves a small system by hand', () => {
    // A line through (0, 1), (1, 2), (2, 4): intercept 5/6, slope 3/2.
    const solution = solveLeastSquares([Float64Array.of(1, 1, 1), Float64Array.of(0, 1, 2)], Float64Array.of(1, 2, 4));
    expect(solution[0]).toBeCloseTo(5 / 6, 14);
    expect(solution[1]).toBeCloseTo(3 / 2, 14);
  });

  it('leaves a residual orthogonal to every column', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 30 }), fc.nat(), (count, extra, seed) => {
        const generator = new Generator(seed);
        const normal = (): number => generator.normal();
        const columns = Array.from({ length: count }, () => Float64Array.from({ length: count + extra }, normal));
        const b = Float64Array.from({ length: count + extra }, normal);
        const solution = solveLeastSquares(
          columns.map((column) => column.slice()),
          b.slice(),
        );
        const residual = b.map((value, i) =>
          columns.reduce((rest, column, j) => rest - column[i]! * solution[j]!, value),
        );
        const size = 1 + Math.max(...solution.map(Math.abs));
        for (const column of columns) {
          expect(Math.abs(column.reduce((sum, value, i) => sum + value * residual[i]!, 0))).toBeLessThan(1e-11 * size);
        }
      }),
    );
  });

  it('refuses a matrix that is singular to rounding though its R has no small diagonal (Kahan’s matrix)', () => {
    const cosine = Math.cos(0.9);
    const kahan = (size: number): Float64Array[] =>
      Array.from({ length: size }, (_, j) =>
        Float64Array.from({ length: size }, (_, i) => Math.sin(0.9) ** i * (i === j ? 1 : i < j ? -cosine : 0)),
      );
    expect(() => solveLeastSquares(kahan(50), new Float64Array(50))).toThrow(ArgumentError);
    const rowSums = Float64Array.from({ length: 10 }, (_, i) => kahan(10).reduce((sum, column) => sum + column[i]!, 0));
    for (const value of solveLeastSquares(kahan(10), rowSums)) expect(value).toBeCloseTo(1, 12);
  });

  it('refuses columns that depend on each other', () => {
    const columns = [Float64Array.of(1, 2, 3), Float64Array.of(2, 4, 6)];
    expect(() => solveLeastSquares(columns, Float64Array.of(1, 1, 1))).toThrow(ArgumentError);
    expect(() => solveLeastSquares([new Float64Array(3)], Float64Array.of(1, 1, 1))).toThrow(ArgumentError);
  });
});
