import { describe, expect, it } from 'vitest';
import { erfc } from '../src/scalar-functions.js';

describe('erfc', () => {
  // Computed with 40 digits.
  it.each([
    [0, 1],
    [0.25, 0.7236736098317631],
    [1, 0.15729920705028513],
    [1.9999, 0.004679802092970608],
    [2, 0.004677734981047266],
    [3, 2.209049699858544e-5],
    [5, 1.537459794428035e-12],
    [8, 1.1224297172982926e-29],
    [-0.5, 1.5204998778130465],
    [-3, 1.9999779095030015],
  ])('erfc(%d)', (x, expected) => {
    expect(Math.abs(erfc(x) - expected)).toBeLessThan(1e-15);
    if (x >= 2) expect(Math.abs(erfc(x) - expected)).toBeLessThanOrEqual(1e-13 * expected);
  });

  it('reaches its limits without NaN', () => {
    expect(erfc(1e300)).toBe(0);
    expect(erfc(Infinity)).toBe(0);
    expect(erfc(-Infinity)).toBe(2);
    expect(erfc(Number.NaN)).toBeNaN();
  });
});
