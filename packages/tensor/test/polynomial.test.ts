import {
  ArgumentError,
  DTypeError,
  ones,
  type Penalty,
  type PolynomialOptions,
  polynomial,
  reference,
  ShapeError,
  scope,
  tensor,
  zeros,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { difference } from './oracle.js';

const float64 = { dtype: 'float64' } as const;
const int32 = { dtype: 'int32' } as const;
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** s^k and its derivative. */
function powerAt(s: number, k: number): [value: number, slope: number] {
  return [s ** k, k === 0 ? 0 : k * s ** (k - 1)];
}

/** s^(k mod 2)·u^⌊k/2⌋ with u = 2s² − 1, and its derivative. */
function splitPowerAt(s: number, k: number): [value: number, slope: number] {
  const [value, slope] = powerAt(2 * s * s - 1, Math.floor(k / 2));
  return k % 2 === 0 ? [value, 4 * s * slope] : [s * value, value + 4 * s * s * slope];
}

/** p(x) as it is defined, by powers, and its derivative. */
function definition(
  x: number,
  coefficients: readonly number[],
  { basis = 'even-odd', evenTerms, bound }: PolynomialOptions,
) {
  const t = x / bound;
  const terms = coefficients.map((c, k): [value: number, slope: number] => {
    if (basis === 'monomial') return [c * t ** k, k === 0 ? 0 : (c * k * t ** (k - 1)) / bound];
    const even = evenTerms ?? Math.ceil(coefficients.length / 2);
    const s = 2 * t * t - 1;
    const power = k < even ? k : k - even;
    const [term, termSlope] = basis === 'even-odd' ? powerAt(s, power) : splitPowerAt(s, power);
    const value = c * term;
    const slope = c * termSlope * ((4 * t) / bound);
    return k < even ? [value, slope] : [t * value, value / bound + t * slope];
  });
  return {
    value: terms.reduce((sum, [value]) => sum + value, 0),
    slope: terms.reduce((sum, [, slope]) => sum + slope, 0),
  };
}

const coefficients = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 12 });
const forms = coefficients.chain((terms) =>
  fc.record({
    terms: fc.constant(terms),
    options: fc.oneof(
      fc.record({ basis: fc.constant('monomial' as const), bound: fc.constantFrom(0.5, 3, 40) }),
      fc.record({ evenTerms: fc.integer({ min: 1, max: terms.length }), bound: fc.constantFrom(0.5, 3, 40) }),
      fc.record({
        basis: fc.constant('twice-even-odd' as const),
        evenTerms: fc.integer({ min: 1, max: terms.length }),
        bound: fc.constantFrom(0.5, 3, 40),
      }),
      fc.record({ bound: fc.constantFrom(0.5, 3, 40) }),
    ),
    ts: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 8 }),
  }),
);

describe('the value', () => {
  it('is that of the definition by powers', () => {
    fc.assert(
      fc.property(forms, ({ terms, options, ts }) =>
        scope(() => {
          const xs = ts.map((t) => t * options.bound);
          const { output, penalty } = polynomial(tensor(xs, float64), tensor(terms, float64), options);
          output.dataSync().forEach((value, i) => {
            expect(difference(value, definition(xs[i]!, terms, options).value)).toBeLessThan(1e-12);
          });
          expect(penalty.itemSync()).toBe(0);
        }),
      ),
      { numRuns: 300 },
    );
  });

  it('uses the polynomial of each channel', () => {
    scope(() => {
      const x = tensor(
        [
          [
            [1, 2],
            [3, 4],
          ],
          [
            [5, 6],
            [7, 8],
          ],
        ],
        float64,
      );
      const { output } = polynomial(
        x,
        tensor(
          [
            [1, 2],
            [-1, 3],
          ],
          float64,
        ),
        { basis: 'monomial', bound: 10 },
      );
      expect([...output.dataSync()].map((value) => Math.round(value * 1000) / 1000)).toEqual([
        1.2, 1.4, -0.1, 0.2, 2, 2.2, 1.1, 1.4,
      ]);
      const flat = polynomial(ones([3, 2], float64), tensor([[1], [2]], float64), { bound: 1 });
      expect([...flat.output.dataSync()]).toEqual([1, 2, 1, 2, 1, 2]);
    });
  });

  it('on its tangent goes on beyond the bound in a straight line, without a step and without a corner', () => {
    fc.assert(
      fc.property(
        forms,
        fc.double({ min: 1, max: 50, noNaN: true }),
        fc.boolean(),
        ({ terms, options }, far, negative) =>
          scope(() => {
            const edge = negative ? -options.bound : options.bound;
            const xs = [edge, edge * far, edge * 0.3];
            const found = polynomial(tensor(xs, float64), tensor(terms, float64), {
              ...options,
              outside: 'tangent',
            }).output.dataSync();
            const { value, slope } = definition(edge, terms, options);
            expect(difference(found[0]!, value)).toBeLessThan(1e-12);
            expect(difference(found[1]!, value + slope * (edge * far - edge))).toBeLessThan(1e-11);
            expect(difference(found[2]!, definition(edge * 0.3, terms, options).value)).toBeLessThan(1e-12);
          }),
      ),
      { numRuns: 200 },
    );
  });

  it('of degree 22 is good to 1e-5 in single precision on the device whose loops compute in double precision', () => {
    // T_22(t) = T_11(2t² − 1): even, with coefficients up to 2,816.
    const chebyshev11 = [0, -11, 0, 220, 0, -1232, 0, 2816, 0, -2816, 0, 1024];
    scope(() => {
      const bound = 47;
      const x = tensor(
        Array.from({ length: 2001 }, (_, i) => ((i - 1000) / 1000) * bound),
        { device: reference },
      );
      const { output } = polynomial(x, tensor(chebyshev11, { device: reference }), { bound, evenTerms: 12 });
      expect(output.dtype).toBe('float32');
      const inputs = x.dataSync();
      output.dataSync().forEach((value, i) => {
        expect(Math.abs(value - Math.cos(22 * Math.acos(inputs[i]! / bound)))).toBeLessThan(1e-5);
      });
    });
  });

  it('far outside is large and finite, or infinite, and never NaN for a polynomial with one leading part', () => {
    scope(() => {
      const even = tensor([1, 1, 1, 1, 1, 1], float64);
      const found = polynomial(tensor([1e3, -1e20, 1e60], float64), even, {
        bound: 10,
        evenTerms: 6,
      }).output.dataSync();
      expect(found.every((value) => value > 1e10)).toBe(true);
      const tangent = polynomial(tensor([1e30, -1e30]), ones([5]), { bound: 10, outside: 'tangent' }).output.dataSync();
      expect(tangent.every(Number.isFinite)).toBe(true);
    });
  });
});

describe('the statistics of the range', () => {
  it('are max |x|, the number beyond the bound, the number that is not finite', () => {
    const numbers = fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.double({ min: -5, max: 5, noNaN: true }) },
        { weight: 1, arbitrary: fc.constantFrom(nan, inf, -inf, 3, -3) },
      ),
    );
    fc.assert(
      fc.property(numbers, (data) =>
        scope(() => {
          const { range } = polynomial(tensor(data, float64), ones([3], float64), { bound: 3 });
          const sizes = data.map(Math.abs).filter((size) => !Number.isNaN(size));
          expect([...range.dataSync()]).toEqual([
            Math.max(0, ...sizes),
            sizes.filter((size) => size > 3).length,
            data.filter((x) => !Number.isFinite(x)).length,
          ]);
        }),
      ),
    );
  });

  it('of nothing are zeros, and so is the penalty', () => {
    scope(() => {
      const penalty: Penalty = { form: 'power', limit: 1, cap: inf };
      const found = polynomial(zeros([0, 2]), ones([2, 3]), { bound: 3, penalty });
      expect([...found.range.dataSync(), found.penalty.itemSync()]).toEqual([0, 0, 0, 0]);
      expect(found.output.shape).toEqual([0, 2]);
    });
  });
});

describe('the penalty', () => {
  const formulas = {
    exponential: (size: number, limit: number) => Math.expm1(Math.max(size - limit, 0)),
    quadratic: (size: number, limit: number) => Math.max(size - limit, 0) ** 2,
    power: (size: number, limit: number) => (size / limit) ** 10,
  };
  const slopes = {
    exponential: (size: number, limit: number) => (size > limit ? Math.exp(size - limit) : 0),
    quadratic: (size: number, limit: number) => 2 * Math.max(size - limit, 0),
    power: (size: number, limit: number) => (10 * (size / limit) ** 9) / limit,
  };
  const penaltyOf = (xs: readonly number[], penalty: Penalty): number =>
    scope(() => polynomial(tensor([...xs], float64), ones([2], float64), { bound: 10, penalty }).penalty.itemSync());

  const cases = fc.record({
    form: fc.constantFrom('exponential' as const, 'quadratic' as const, 'power' as const),
    limit: fc.constantFrom(0.5, 3, 8),
    cap: fc.constantFrom(0.5, 3, 10, inf),
  });

  it('is the mean of its formula up to the cap, and of the tangent there beyond', () => {
    fc.assert(
      fc.property(
        cases,
        fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 6 }),
        ({ form, limit, cap }, xs) => {
          const end = form === 'power' ? (1 + cap) * limit : limit + cap;
          const each = xs.map((x) => {
            const size = Math.abs(x);
            if (size <= end) return formulas[form](size, limit);
            return formulas[form](end, limit) + slopes[form](end, limit) * (size - end);
          });
          const expected = each.reduce((sum, value) => sum + value, 0) / xs.length;
          expect(difference(penaltyOf(xs, { form, limit, cap }), expected)).toBeLessThan(1e-12);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('with a cap stays finite where the formula overflows', () => {
    for (const form of ['exponential', 'quadratic', 'power'] as const) {
      expect(penaltyOf([1e30], { form, limit: 1, cap: 10 })).toBeLessThan(1e50);
    }
    expect(penaltyOf([1000], { form: 'exponential', limit: 1, cap: inf })).toBe(inf);
    scope(() => {
      const penalty: Penalty = { form: 'exponential', limit: 1, cap: 10 };
      const { penalty: single } = polynomial(tensor([3e30, 0]), ones([2]), { bound: 10, penalty });
      expect(Number.isFinite(single.itemSync())).toBe(true);
    });
  });

  it('is nothing up to the limit', () => {
    for (const form of ['exponential', 'quadratic'] as const) {
      expect(penaltyOf([3, -3, 0, 2.999], { form, limit: 3, cap: 10 })).toBe(0);
    }
  });
});

describe('polynomial refuses', () => {
  const penalty: Penalty = { form: 'quadratic', limit: 1, cap: 1 };
  it.each<[string, () => unknown, new (message: string) => Error, string]>([
    [
      'no coefficients',
      () => polynomial(ones([2]), zeros([0]), { bound: 1 }),
      ShapeError,
      'polynomial: coefficients [0] for [2]: they must be [terms], or [C,terms] for an input [N,C,…]',
    ],
    [
      'a scalar of coefficients',
      () => polynomial(ones([2]), tensor(1), { bound: 1 }),
      ShapeError,
      'polynomial: coefficients [] for [2]',
    ],
    [
      'coefficients for other channels',
      () => polynomial(ones([2, 3]), ones([2, 4]), { bound: 1 }),
      ShapeError,
      'polynomial: coefficients [2,4] for [2,3]',
    ],
    [
      'coefficients for channels of an input without',
      () => polynomial(ones([2]), ones([2, 4]), { bound: 1 }),
      ShapeError,
      'coefficients [2,4] for [2]',
    ],
    [
      'coefficients with three axes',
      () => polynomial(ones([2, 2]), ones([1, 2, 3]), { bound: 1 }),
      ShapeError,
      'coefficients [1,2,3]',
    ],
    [
      'more even terms than terms',
      () => polynomial(ones([2]), ones([3]), { bound: 1, evenTerms: 4 }),
      ArgumentError,
      'polynomial: the even part must have 1 to 3 of the 3 terms, not 4',
    ],
    ['no even terms', () => polynomial(ones([2]), ones([3]), { bound: 1, evenTerms: 0 }), ArgumentError, 'not 0'],
    [
      'a part of a polynomial in powers',
      () => polynomial(ones([2]), ones([3]), { bound: 1, basis: 'monomial', evenTerms: 2 }),
      ArgumentError,
      'polynomial: in the monomial basis the even part is the whole polynomial',
    ],
    [
      'no bound',
      () => polynomial(ones([2]), ones([3]), { bound: 0 }),
      ArgumentError,
      'polynomial: the bound must be a positive number, not 0',
    ],
    ['an infinite bound', () => polynomial(ones([2]), ones([3]), { bound: inf }), ArgumentError, 'not Infinity'],
    ['a bound that is none', () => polynomial(ones([2]), ones([3]), { bound: nan }), ArgumentError, 'not NaN'],
    [
      'a limit that is none',
      () => polynomial(ones([2]), ones([3]), { bound: 1, penalty: { ...penalty, limit: 0 } }),
      ArgumentError,
      "polynomial: the penalty's limit and cap must be positive, not 0 and 1",
    ],
    [
      'a cap that is none',
      () => polynomial(ones([2]), ones([3]), { bound: 1, penalty: { ...penalty, cap: nan } }),
      ArgumentError,
      'not 1 and NaN',
    ],
    [
      'integers',
      () => polynomial(ones([2], int32), ones([3], int32), { bound: 1 }),
      DTypeError,
      'polynomial: int32 is not supported',
    ],
    [
      'two types',
      () => polynomial(ones([2]), ones([3], float64), { bound: 1 }),
      DTypeError,
      'polynomial: float32 and float64',
    ],
  ])('%s', (_, evaluate, type, message) => {
    scope(() => {
      expect(evaluate).toThrow(type);
      expect(evaluate).toThrow(message);
    });
  });
});
