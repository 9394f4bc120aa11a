import {
  apply,
  type Device,
  operators,
  type PolynomialBasis,
  type PolynomialOptions,
  polynomial,
  reference,
  scope,
  type Tensor,
} from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dataOf, expectSame, expectWithin, place, UNIT, variants } from './variants.js';

type Penalty = NonNullable<PolynomialOptions['penalty']>;

interface Case {
  readonly shape: readonly number[];
  readonly x: readonly number[];
  readonly slopes: readonly number[];
  readonly coefficientShape: readonly number[];
  readonly coefficients: readonly number[];
  readonly options: Required<PolynomialOptions>;
}

const shapes: fc.Arbitrary<{ shape: readonly number[]; perChannel: boolean }> = fc.oneof(
  fc.record({
    shape: fc.oneof<fc.MaybeWeightedArbitrary<readonly number[]>[]>(
      { weight: 8, arbitrary: fc.tuple(fc.integer({ min: 0, max: 130 })) },
      { weight: 1, arbitrary: fc.constantFrom([], [447], [449], [900], [14337]) },
    ),
    perChannel: fc.constant(false),
  }),
  fc.record({
    shape: fc.oneof<fc.MaybeWeightedArbitrary<readonly number[]>[]>(
      { weight: 5, arbitrary: fc.tuple(fc.nat(4), fc.nat(4), fc.nat(7), fc.nat(7)) },
      { weight: 5, arbitrary: fc.tuple(fc.nat(9), fc.nat(5)) },
      { weight: 1, arbitrary: fc.constantFrom([1, 2, 14400], [31, 1, 500], [300, 1, 7, 7], [12, 2, 8, 8]) },
    ),
    perChannel: fc.constant(true),
  }),
);

/** Inputs around a bound of about 3: most within it, some at it, beyond it and far away. */
const inputs = fc.oneof(
  { weight: 8, arbitrary: fc.float({ min: -4, max: 4, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 3, -3, 9, -12) },
);
const notFinite = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
const factors = fc.float({ min: -2, max: 2, noNaN: true });

const penalties: fc.Arbitrary<Penalty> = fc.record({
  form: fc.constantFrom('exponential', 'quadratic', 'power'),
  limit: fc.constantFrom(1.5, 2.1, 3),
  cap: fc.constantFrom(0.5, 3, 10, Number.POSITIVE_INFINITY),
});

function cases(numbers: fc.Arbitrary<number>): fc.Arbitrary<Case> {
  return fc
    .record({
      shape: shapes,
      terms: fc.integer({ min: 1, max: 12 }),
      evenTerms: fc.nat(),
      // As in the fit of ReLU: a constant odd part.
      constantOdd: fc.boolean(),
      basis: fc.constantFrom<PolynomialBasis>('even-odd', 'twice-even-odd', 'monomial'),
      // With the last one the scaled coefficients of the fast path would underflow.
      bound: fc.constantFrom(3, 2.9, 3.3, 3e5),
      outside: fc.constantFrom<'polynomial' | 'tangent'>('polynomial', 'tangent'),
      penalty: penalties,
    })
    .chain(({ shape: { shape, perChannel }, terms, evenTerms, constantOdd, ...options }) => {
      const coefficientShape = perChannel ? [shape[1]!, terms] : [terms];
      return fc.record({
        shape: fc.constant(shape),
        x: dataOf(shape, numbers),
        slopes: dataOf(shape, factors),
        coefficientShape: fc.constant(coefficientShape),
        coefficients: dataOf(coefficientShape, factors),
        options: fc.constant({
          ...options,
          evenTerms:
            options.basis === 'monomial' ? terms : constantOdd ? Math.max(1, terms - 1) : 1 + (evenTerms % terms),
        }),
      });
    });
}

/** |s^(k mod 2)·u^⌊k/2⌋|, and the sum of the sizes of what its derivative with respect to s is added up of. */
function twiceTerm(k: number, s: number, u: number) {
  const j = Math.floor(k / 2);
  const before = j === 0 ? 0 : u ** (j - 1);
  if (k % 2 === 0) return { size: u ** j, slope: 4 * j * s * before, slopeTimesS: 2 * j * (u ** j + before) };
  const slope = (1 + 2 * j) * u ** j + 2 * j * before;
  return { size: s * u ** j, slope, slopeTimesS: s * slope };
}

/** The same as `termBounds` where u̅ = u + (4|s| + s̃ − s)(s̃ − s) + 4u(2s² + 1). */
function twiceBounds(x: number, { evenTerms, bound }: Required<PolynomialOptions>, terms: number) {
  const t = Math.abs(x) / bound;
  const s = Math.abs(2 * t * t - 1);
  const sError = 8 * UNIT * (2 * t * t + 1);
  const u = Math.abs(2 * s * s - 1);
  const uError = (4 * s + sError) * sError + 4 * UNIT * (2 * s * s + 1);
  const gamma = (2 * terms + 40) * UNIT;
  const values: number[] = [];
  const slopes: number[] = [];
  for (let k = 0; k < terms; k++) {
    const isOdd = k >= evenTerms;
    const exact = twiceTerm(isOdd ? k - evenTerms : k, s, u);
    const rounded = twiceTerm(isOdd ? k - evenTerms : k, s + sError, u + uError);
    const error = (name: 'size' | 'slope' | 'slopeTimesS') => rounded[name] * (1 + gamma) - exact[name];
    values.push((isOdd ? t * (1 + gamma) : 1) * error('size') + (isOdd ? gamma * t * exact.size : 0));
    slopes.push(
      isOdd
        ? (error('size') + 2 * error('slope') + 2 * error('slopeTimesS')) / bound
        : (4 * t * (error('slope') + gamma * rounded.slope)) / bound,
    );
  }
  return { values, slopes };
}

/**
 * What rounding can make of the terms at x: t̃ = t(1 + 2u) and s̃ = s + 8u(2t² + 1), each at most; Horner's method and
 * what precedes and follows it round 2n + 20 times (Higham, section 5.1). Returns the bound for Σ|c||φ(x)|, where the
 * derivative of a term is taken as k/B·(its largest factor).
 */
function termBounds(x: number, options: Required<PolynomialOptions>, terms: number) {
  const { basis, evenTerms, bound } = options;
  if (basis === 'twice-even-odd') return twiceBounds(x, options, terms);
  const t = Math.abs(x) / bound;
  const s = basis === 'monomial' ? t : Math.abs(2 * t * t - 1);
  const error = basis === 'monomial' ? 4 * UNIT * t : 8 * UNIT * (2 * t * t + 1);
  const gamma = (2 * terms + 40) * UNIT;
  const power = (k: number) => (s + error) ** k * (1 + gamma) - s ** k;
  const size = (k: number) => (s + error) ** k;
  const values: number[] = [];
  const slopes: number[] = [];
  // The derivative's terms as the kernel adds them up: 4j·t·s^(j − 1), and (1 + 2j)·s^j + 2j·s^(j − 1).
  for (let k = 0; k < terms; k++) {
    if (basis === 'monomial') {
      values.push(power(k));
      slopes.push(k === 0 ? 0 : (k * power(k - 1)) / bound);
    } else if (k < evenTerms) {
      values.push(power(k));
      slopes.push(k === 0 ? 0 : (4 * k * (t * power(k - 1) + gamma * t * size(k - 1))) / bound);
    } else {
      const j = k - evenTerms;
      values.push(t * power(j) + gamma * t * size(j));
      slopes.push(((1 + 2 * j) * power(j) + (j === 0 ? 0 : 2 * j * power(j - 1))) / bound);
    }
  }
  return { values, slopes };
}

/** What underflow adds, in as many steps as there are and multiplied by what follows them. */
const UNDERFLOW = 1e-30;

/** Remembers the results for each input: large cases repeat theirs. */
function remember<Result>(compute: (x: number) => Result): (x: number) => Result {
  const results = new Map<number, Result>();
  return (x) => {
    let result = results.get(x);
    if (result === undefined) {
      result = compute(x);
      results.set(x, result);
    }
    return result;
  };
}

function edgeOf(x: number, { outside, bound }: Required<PolynomialOptions>): number {
  return outside === 'tangent' ? Math.max(-bound, Math.min(bound, x)) : x;
}

/** The coefficients that hold for element i. */
function coefficientsAt({ shape, coefficientShape, coefficients }: Case, i: number): readonly number[] {
  const terms = coefficientShape.at(-1)!;
  if (coefficientShape.length === 1) return coefficients;
  const area = shape.slice(2).reduce((product, length) => product * length, 1);
  const channel = Math.floor(i / area) % shape[1]!;
  return coefficients.slice(channel * terms, (channel + 1) * terms);
}

const weigh = (coefficients: readonly number[], sizes: readonly number[]) =>
  coefficients.reduce((sum, c, k) => sum + Math.abs(c) * sizes[k]!, 0);

/**
 * Error of a penalty and of its slope. That of the argument, size·UNIT and one for the difference, is multiplied by the slope.
 * e^u − 1 is found for u/2^k (polynomial and product: 3 units), then doubled k ≤ 5 times (1.5 units each), and every step
 * multiplies errors by the quotient of the condition numbers u/(1 − e^−u) behind and before it: by 1 + u in all.
 */
function penaltyError(x: number, { form, limit, cap }: Penalty): number {
  const size = Math.abs(x);
  if (form === 'power') {
    const u = Math.min(size / limit, 1 + cap);
    const slope = 10 * u ** 9;
    return 24 * UNIT * (u ** 10 + slope * (size / limit + 1)) * Math.max(1, 10 / limit);
  }
  if (size <= limit * (1 - 2 * UNIT)) return 0;
  const excess = Math.min(size - limit, cap);
  const scale = form === 'exponential' ? Math.exp(excess) : 2 * excess + excess * excess + 2;
  const own = form === 'exponential' ? 11 * UNIT * (1 + excess) * Math.expm1(excess) : 0;
  return (own + 8 * UNIT * scale * (1 + size + limit)) * (1 + Math.max(0, size - limit - excess));
}

function forward(device: (typeof variants)[number][1], dtype: 'float32' | 'float64', each: Case) {
  const x = place(device, each.shape, each.x, dtype);
  return polynomial(x, place(device, each.coefficientShape, each.coefficients, dtype), each.options);
}

function backward(
  device: (typeof variants)[number][1],
  dtype: 'float32' | 'float64',
  each: Case,
  { withValue = true, withPenalty = true, learnable = true, overwrite = false },
): Tensor[] {
  const x = place(device, each.shape, each.x, dtype);
  const coefficients = place(device, each.coefficientShape, each.coefficients, dtype);
  const gradient = withValue ? place(device, each.shape, each.slopes, dtype) : undefined;
  const penaltyGradient = withPenalty ? place(device, [], [0.75], dtype) : undefined;
  return apply(operators.polynomialGradient, [gradient, penaltyGradient, x, coefficients], {
    ...each.options,
    learnable,
    overwrite,
  }) as Tensor[];
}

describe.each([['reference', reference], ...variants] as const)('polynomialGradient on %s', (_, device) => {
  test('has the same bits where it is written over the gradient of the output', () => {
    fc.assert(
      fc.property(cases(inputs), fc.boolean(), fc.boolean(), (each, withPenalty, learnable) =>
        scope(() => {
          const apart = backward(device, 'float32', each, { withPenalty, learnable });
          const over = backward(device, 'float32', each, { withPenalty, learnable, overwrite: true });
          over.forEach((result, i) => {
            expectSame(result.dataSync(), apart[i]!.dataSync());
          });
        }),
      ),
    );
  });
});

describe.each(variants)('polynomial on %s', (_, device) => {
  test('gives value, penalty and range within the rounding of float32', () => {
    fc.assert(
      fc.property(cases(inputs), (each) =>
        scope(() => {
          const actual = forward(device, 'float32', each);
          const expected = forward(reference, 'float64', each);
          const terms = each.coefficientShape.at(-1)!;
          const boundsOf = remember((edge) => termBounds(edge, each.options, terms));
          const bounds = each.x.map((x, i) => {
            const edge = edgeOf(x, each.options);
            const coefficients = coefficientsAt(each, i);
            const { values, slopes } = boundsOf(edge);
            // Beyond the bound the slope at the edge is a sum of k²/B·|c| at most, rounded once.
            const steepness = coefficients.reduce(
              (sum, c, k) => sum + (Math.abs(c) * (8 * k + 1)) / each.options.bound,
              0,
            );
            const excess = Math.abs(x - edge);
            const size = steepness * excess;
            return (
              weigh(coefficients, values) +
              excess * weigh(coefficients, slopes) +
              8 * UNIT * (size + steepness * Math.abs(edge)) +
              UNDERFLOW
            );
          });
          expectWithin(actual.output, expected.output.dataSync(), bounds);
          expect(Array.from(actual.range.dataSync())).toEqual(Array.from(expected.range.dataSync()));
          const penaltyBound = each.x.reduce((sum, x) => sum + penaltyError(x, each.options.penalty), 0);
          const mean = expected.penalty.itemSync();
          expectWithin(actual.penalty, [mean], [penaltyBound / Math.max(1, each.x.length) + UNIT * mean]);
        }),
      ),
      { numRuns: 80 },
    );
  });

  test('gives the gradients of the inputs and of the coefficients within the rounding of float32', () => {
    const wanted = fc.record({ withValue: fc.boolean(), withPenalty: fc.boolean(), learnable: fc.boolean() });
    fc.assert(
      fc.property(cases(inputs), wanted, (each, which) =>
        scope(() => {
          const [actual, actualSums] = backward(device, 'float32', each, which);
          const [expected, expectedSums] = backward(reference, 'float64', each, which);
          const terms = each.coefficientShape.at(-1)!;
          const { options, slopes: gradients } = each;
          const share = which.withPenalty ? 0.75 / each.x.length : 0;
          const edges = each.x.map((x) => edgeOf(x, options));
          const errors = edges.map(remember((edge) => termBounds(edge, options, terms)));
          const results = expected!.dataSync();
          const bounds = each.x.map((x, i) => {
            const own = which.withValue
              ? Math.abs(gradients[i]!) * weigh(coefficientsAt(each, i), errors[i]!.slopes)
              : 0;
            return own + share * penaltyError(x, options.penalty) + 4 * UNIT * Math.abs(results[i]!) + UNDERFLOW;
          });
          expectWithin(actual!, results, bounds);
          if (!which.learnable) return;

          // 2,048 elements are summed in float32: one product, two additions among the four vectors of half a group, and 64 of the
          // groups; in short polynomials 512 elements by 64 pairs.
          const sumBounds = new Float64Array(expectedSums!.size);
          const area = each.shape.slice(2).reduce((product, length) => product * length, 1);
          each.x.forEach((x, i) => {
            const channel = each.coefficientShape.length === 1 ? 0 : Math.floor(i / area) % each.shape[1]!;
            const t = Math.abs(edges[i]!) / options.bound;
            const s = options.basis === 'monomial' ? t : Math.abs(2 * t * t - 1);
            const excess = Math.abs(x - edges[i]!);
            const weight = which.withValue ? Math.abs(gradients[i]!) : 0;
            for (let k = 0; k < terms; k++) {
              const odd = options.basis !== 'monomial' && k >= options.evenTerms;
              const exponent = odd ? k - options.evenTerms : k;
              const twice = options.basis === 'twice-even-odd';
              const power = twice ? twiceTerm(exponent, s, Math.abs(2 * s * s - 1)).size : s ** exponent;
              const size = (odd ? t : 1) * power;
              const slope = (8 * k + 1) / options.bound;
              sumBounds[channel * terms + k]! +=
                weight *
                (errors[i]!.values[k]! +
                  68 * UNIT * size +
                  8 * UNIT * slope * (excess + Math.abs(edges[i]!) * Math.sign(excess)));
            }
          });
          const sums = expectedSums!.dataSync();
          expectWithin(
            actualSums!,
            sums,
            Array.from(sumBounds, (error, k) => error + UNIT * Math.abs(sums[k]!) + UNDERFLOW),
          );
        }),
      ),
      { numRuns: 80 },
    );
  });

  test('keeps NaN, overflows where the formula does, and counts what is not finite', () => {
    const numbers = fc.oneof({ weight: 9, arbitrary: inputs }, { weight: 1, arbitrary: notFinite });
    fc.assert(
      fc.property(cases(numbers), (each) =>
        scope(() => {
          const actual = forward(device, 'float32', each);
          const expected = forward(reference, 'float64', each);
          expect(Array.from(actual.range.dataSync())).toEqual(Array.from(expected.range.dataSync()));
          const [slopes] = backward(device, 'float32', each, { learnable: false });
          const values = actual.output.dataSync();
          each.x.forEach((x, i) => {
            if (!Number.isNaN(x)) return;
            expect(slopes!.dataSync()[i]).toBeNaN();
            if (each.coefficientShape.at(-1)! > 1 && each.options.basis === 'monomial') expect(values[i]).toBeNaN();
          });
          const finite = each.x.every(Number.isFinite);
          expect(finite).toBe(actual.range.dataSync()[2] === 0);
        }),
      ),
    );
  });

  test('evaluates a polynomial of degree 22 as well as float32 can', () => {
    scope(() => {
      // T_22(t) = T_11(s): its coefficients reach 11·2^10, its values stay within 1.
      const eleventh = [0, -11, 0, 220, 0, -1232, 0, 2816, 0, -2816, 0, 1024];
      const x = Array.from({ length: 1001 }, (_unused, i) => Math.fround(-47 + (94 * i) / 1000));
      const each = {
        shape: [1001],
        x,
        slopes: [],
        coefficientShape: [12],
        coefficients: eleventh,
        options: {
          basis: 'even-odd',
          bound: 47,
          evenTerms: 12,
          outside: 'polynomial',
          penalty: { form: 'quadratic', limit: 47, cap: 1 },
        },
      } as const;
      const values = forward(device, 'float32', each).output.dataSync();
      for (const [i, value] of x.entries()) {
        expect(Math.abs(values[i]! - Math.cos(22 * Math.acos(value / 47)))).toBeLessThan(2e-3);
      }
    });
  });

  test('penalties far beyond their limit are as exact, and infinite where float32 ends', () => {
    const far = fc.float({ min: -400, max: 400, noNaN: true });
    const large = fc.constantFrom(88.5, -89, 91, 1e4, -1e30, 3.4028234663852886e38).map(Math.fround);
    const caps = fc.constantFrom(0.1, 2.9, 3.1, 6, 40, 80, 88, 95, Number.POSITIVE_INFINITY);
    const limits = fc.constantFrom(1e-3, 0.7, 1, 1.5, 30, 64, 127.9, 1e4);
    const forms = fc.constantFrom('exponential', 'quadratic', 'power');
    const penalty = fc.record({ form: forms, limit: limits, cap: caps }) as fc.Arbitrary<Penalty>;
    const MAX = 3.4028234663852886e38;
    fc.assert(
      fc.property(fc.oneof({ weight: 4, arbitrary: far }, { weight: 1, arbitrary: large }), penalty, (x, own) =>
        scope(() => {
          // One input is beyond the limit or not, and the group of it has others.
          const each: Case = {
            shape: [40],
            x: Array.from({ length: 40 }, (_unused, i) => (i === 17 ? x : 0)),
            slopes: Array<number>(40).fill(0),
            coefficientShape: [1],
            coefficients: [1],
            options: { basis: 'even-odd', bound: 1e5, evenTerms: 1, outside: 'tangent', penalty: own },
          };
          const exact = forward(reference, 'float64', each).penalty.itemSync() * 40;
          const value = forward(device, 'float32', each).penalty.itemSync() * 40;
          const slope = backward(device, 'float32', each, { withValue: false })[0]!.dataSync()[17]!;
          const exactSlope = backward(reference, 'float64', each, { withValue: false })[0]!.dataSync()[17]!;
          const error = penaltyError(x, own);
          // Powers of tiny quotients are lost to underflow, and sums are infinite from a tenth of float32's range on.
          if (exact < MAX / 1e3) expect(Math.abs(value - exact)).toBeLessThanOrEqual(error + 2 * UNIT * exact + 1e-20);
          else expect(value).toBeGreaterThan(MAX / 2e3);
          if (Math.abs(exactSlope) < MAX / 1e3) {
            expect(Math.abs(slope - exactSlope)).toBeLessThanOrEqual(
              0.75 * error + 4 * UNIT * Math.abs(exactSlope) + 1e-20,
            );
          } else expect(Math.abs(slope)).toBeGreaterThan(MAX / 2e3);
        }),
      ),
      { numRuns: 400 },
    );
  });

  test('gives what the reference gives for float64', () => {
    fc.assert(
      fc.property(cases(inputs), (each) =>
        scope(() => {
          const results = [device, reference].map((on) => [
            ...Object.values(forward(on, 'float64', each)),
            ...backward(on, 'float64', each, {}),
          ]) as Tensor[][];
          expect(results[0]!.map((result) => result.dataSync())).toEqual(
            results[1]!.map((result) => result.dataSync()),
          );
        }),
      ),
      { numRuns: 20 },
    );
  });
});

describe.each(variants)('polynomial with extreme bounds on %s', (_, device) => {
  test.each([
    [1e-6, 3, 1e17],
    [1e-3, 3, 1e17],
    [1e3, 3, 1e17],
    [9e5, 3, 1e17],
    [1.4e4, 4, 1e14],
    [5.5, 20, 1e17],
    [10, 12, 1e14],
    [10, 12, 1e-17],
    [0.36, 20, 1e-20],
    [0.8, 12, 1e-17],
  ])('%d, %d even terms and gradients of %d: those of the coefficients keep their digits', (bound, evenTerms, size) => {
    scope(() => {
      const share = [-1, -0.7, -0.1, 0.2, 0.5, 0.9, 0.35, -0.35];
      const options = { basis: 'even-odd', evenTerms, bound, outside: 'polynomial' } as const;
      const terms = Array.from({ length: evenTerms + 1 }, (_, k) => (k === evenTerms ? 1 : 0.5 ** (k + 1)));
      const slopes = (on: Device, dtype: 'float32' | 'float64') => {
        const x = place(
          on,
          [8],
          share.map((part) => Math.fround(part * bound)),
          dtype,
        );
        const gradient = place(on, [8], Array<number>(8).fill(Math.fround(size)), dtype);
        const coefficients = place(on, [terms.length], terms, dtype);
        const [out, found] = [place(on, [8], share, dtype), place(on, [terms.length], terms, dtype)];
        on.kernels.polynomialGradient(gradient, undefined, x, coefficients, out, found, {
          ...options,
          penalty: undefined,
        });
        return found.dataSync();
      };
      const exact = slopes(reference, 'float64');
      // Sums of eight terms of at most the gradient, each rounded a dozen times and its variable three times for each factor.
      const roundings = 12 + 4 * evenTerms;
      slopes(device, 'float32').forEach((value, k) => {
        expect(Math.abs(value - exact[k]!)).toBeLessThanOrEqual(8 * size * roundings * UNIT);
      });
    });
  });
});
