import {
  apply,
  type Device,
  operators,
  type PolynomialBasis,
  type PolynomialOptions,
  polynomial,
  reference,
  type Tensor,
} from '@pnn/tensor';
import fc from 'fast-check';
import {
  DIVISION,
  expectSame,
  expectWithin,
  floats,
  forAll,
  type KernelCase,
  place,
  read,
  type Table,
  tableOf,
  UNIT,
} from './kernel-case.js';

type Penalty = NonNullable<PolynomialOptions['penalty']>;

interface Activation {
  readonly x: Table;
  readonly slopes: Table;
  readonly coefficients: Table;
  readonly options: Required<PolynomialOptions>;
}

/** Inputs around a bound of about 3: most within it, some at it and beyond; none so near a limit that rounding decides. */
const inputs = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -320, max: 320 }).map((value) => Math.fround(value / 80 + 0.001)) },
  { weight: 1, arbitrary: fc.constantFrom(0, 9, -12) },
);
const factors = floats(-2, 2);

const penalties: fc.Arbitrary<Penalty> = fc.record({
  form: fc.constantFrom('exponential', 'quadratic', 'power'),
  limit: fc.constantFrom(1.5, 2.1, 3),
  cap: fc.constantFrom(0.5, 3, 10, Number.POSITIVE_INFINITY),
});

const activations: fc.Arbitrary<Activation> = fc
  .record({
    shape: fc.constantFrom([7], [2, 3], [2, 3, 5], [2, 2, 4, 4], [3, 2, 10, 15], [1], [0, 2]),
    perChannel: fc.boolean(),
    terms: fc.integer({ min: 1, max: 12 }),
    even: fc.nat(),
    basis: fc.constantFrom<PolynomialBasis>('even-odd', 'twice-even-odd', 'monomial'),
    bound: fc.constantFrom(3, 2.9, 3.3),
    outside: fc.constantFrom<'polynomial' | 'tangent'>('polynomial', 'tangent'),
    penalty: penalties,
  })
  .chain(({ shape, perChannel, terms, even, ...options }) =>
    fc.record({
      x: tableOf(shape, inputs),
      slopes: tableOf(shape, factors),
      coefficients: tableOf(perChannel && shape.length > 1 ? [shape[1]!, terms] : [terms], factors),
      options: fc.constant({ ...options, evenTerms: options.basis === 'monomial' ? terms : 1 + (even % terms) }),
    }),
  );

/** t is a quotient by a bound that is rounded as well. */
const VARIABLE = DIVISION + UNIT;

/**
 * What rounding can make of Σ|c||φ_k(x)| and of its derivative. Of s = 2t² − 1 the error is one of 2t² + 1, whatever s is
 * itself: twice that of t, and one rounding for the product and the difference each. It makes k·|s|^(k−1) times that of the
 * k-th power. Horner's method rounds twice a step, and as often again for the derivative (Higham, section 5.1). Of
 * u = 2s² − 1, whose powers half as high are multiplied by s, the error follows likewise.
 */
function errorsAt(x: number, { options, coefficients }: Activation): { value: number; slope: number; power: number } {
  const { basis, evenTerms, bound, outside } = options;
  const terms = coefficients.shape.at(-1)!;
  const edge = outside === 'tangent' ? Math.min(Math.abs(x), bound) : Math.abs(x);
  const t = edge / bound;
  const s = Math.max(1, basis === 'monomial' ? t : Math.abs(2 * t * t - 1));
  const ofS = basis === 'monomial' ? VARIABLE * t : (2 * VARIABLE + 2 * UNIT) * (2 * t * t + 1);
  const degree = Math.max(evenTerms, terms - evenTerms) - 1;
  const largest = Math.max(...coefficients.data.map(Math.abs));
  const rounding = VARIABLE + (4 * terms + 20) * UNIT;
  const powersOf = (v: number, ofV: number, n: number) => n * ofV * v ** Math.max(0, n - 1) + rounding * v ** n;
  const u = Math.max(1, 2 * s * s - 1);
  const ofU = 4 * s * ofS + 2 * UNIT * (2 * s * s + 1);
  const half = Math.floor(degree / 2);
  const power =
    Math.max(1, t) *
    (basis === 'twice-even-odd' ? 2 * s * powersOf(u, ofU, half) + 2 * ofS * u ** half : powersOf(s, ofS, degree));
  const slope = ((4 * t + 2) * (degree + 1) * power * largest * terms) / bound;
  const beyond = Math.abs(x) - edge;
  return {
    value: largest * terms * power + beyond * slope + DIVISION,
    slope,
    power: power * (1 + beyond * 8 * (degree + 1)),
  };
}

/** How far a penalty and its slope may be off: the excess is rounded to units of |x|, and e^x to 3 + 2|x| units. */
function penaltyErrors(x: number, { form, limit, cap }: Penalty): { value: number; slope: number } {
  const size = Math.abs(x);
  if (form === 'power') {
    const u = Math.min(size / limit, 1 + cap);
    const relative = 10 * (DIVISION + 4 * UNIT);
    const further = Math.max(0, size / limit - u);
    return { value: relative * u ** 10 * (1 + 10 * further), slope: relative * 20 * u ** 9 };
  }
  const excess = Math.max(0, size - limit);
  const exact = Math.min(excess, cap);
  const scale = form === 'exponential' ? Math.exp(exact) : 2 * exact + 2;
  const relative = (2 * (3 + 2 * exact) + 40) * UNIT + 4 * UNIT * (size + limit);
  return { value: relative * scale * (1 + excess) * (1 + exact), slope: relative * scale };
}

const forwardCase = forAll('polynomial', activations, async (device, each) => {
  const run = (on: Device, precision?: 'double') =>
    read(() => {
      const { output, penalty, range } = polynomial(
        place(on, each.x, precision),
        place(on, each.coefficients, precision),
        each.options,
      );
      return [output, penalty, range];
    });
  const [actual, expected] = [await run(device), await run(reference, 'double')];
  expectWithin(actual[0]!, expected[0]!, (value, i) => errorsAt(each.x.data[i]!, each).value + UNIT * Math.abs(value));
  const size = Math.max(1, each.x.data.length);
  const penaltyError = each.x.data.reduce((sum, x) => sum + penaltyErrors(x, each.options.penalty).value, 0) / size;
  expectWithin(
    actual[1]!,
    expected[1]!,
    (value) => penaltyError + 40 * UNIT * Math.abs(value) + DIVISION * Math.abs(value),
  );
  expectSame(actual[2]!, Float32Array.from(expected[2]!));
});

const gradients = fc.record({
  activation: activations,
  withValue: fc.boolean(),
  withPenalty: fc.boolean(),
  learnable: fc.boolean(),
});

const backwardCase = forAll(
  'polynomialGradient',
  gradients,
  async (device, { activation, withValue, withPenalty, learnable }) => {
    const run = (on: Device, precision?: 'double') =>
      read(() =>
        apply(
          operators.polynomialGradient,
          [
            withValue || !withPenalty ? place(on, activation.slopes, precision) : undefined,
            withPenalty ? place(on, { shape: [], data: [0.75] }, precision) : undefined,
            place(on, activation.x, precision),
            place(on, activation.coefficients, precision),
          ],
          { ...activation.options, learnable },
        ),
      );
    const [actual, expected] = [await run(device), await run(reference, 'double')];
    const { x, slopes, coefficients, options } = activation;
    const size = Math.max(1, x.data.length);
    expectWithin(actual[0]!, expected[0]!, (value, i) => {
      const own = errorsAt(x.data[i]!, activation);
      const ofPenalty = penaltyErrors(x.data[i]!, options.penalty).slope / size;
      return 2 * own.slope + ofPenalty + 8 * UNIT * Math.abs(value) + DIVISION * Math.abs(slopes.data[i]!);
    });
    if (!learnable) return;
    const total = x.data.reduce(
      (sum, value, i) => sum + Math.abs(slopes.data[i]!) * errorsAt(value, activation).power,
      0,
    );
    expectWithin(
      actual[1]!,
      expected[1]!,
      (value) => 4 * total + 40 * UNIT * Math.abs(value) * coefficients.shape.length,
    );
  },
);

const specialCase: KernelCase = {
  name: 'polynomial keeps NaN and counts what is not finite',
  async check(device) {
    const run = (on: Device) =>
      read(() => {
        const x = place(on, {
          shape: [6],
          data: [1, Number.NaN, Number.POSITIVE_INFINITY, -7, Number.NEGATIVE_INFINITY, 2],
        });
        const coefficients = place(on, { shape: [4], data: [0.5, 1, 0.25, 0.125] });
        const { output, range } = polynomial(x, coefficients, {
          basis: 'monomial',
          bound: 3,
          evenTerms: 4,
          outside: 'polynomial',
        });
        return [output, range] as Tensor[];
      });
    const [actual, expected] = [await run(device), await run(reference)];
    // Infinities times the zeros of an odd part that is not there may be anything.
    if (!Number.isNaN(actual[0]![1])) throw new Error(`NaN became ${actual[0]![1]}`);
    expectSame(actual[1]!, expected[1]!);
  },
};

const notANumberCase: KernelCase = {
  name: 'polynomial has the penalty of NaN that its definition says',
  async check(device) {
    const forms = ['exponential', 'quadratic', 'power'] as const;
    const inputs = [[Number.NaN], [0, Number.NaN, 0, 0, 0], [4, Number.NaN, 0, 0, 0]];
    for (const form of forms) {
      for (const data of inputs) {
        const run = (on: Device) =>
          read(() => {
            const x = place(on, { shape: [data.length], data });
            const coefficients = place(on, { shape: [4], data: [0.5, 1, 0.25, 0.125] });
            const penalty: Penalty = { form, limit: 2, cap: 3 };
            return [
              polynomial(x, coefficients, { basis: 'monomial', bound: 3, evenTerms: 4, outside: 'tangent', penalty })
                .penalty,
            ];
          });
        const [actual, expected] = [await run(device), await run(reference)];
        expectWithin(actual[0]!, expected[0]!, (value) => 100 * UNIT * Math.abs(value));
      }
    }
  },
};

export const polynomialCases: readonly KernelCase[] = [forwardCase, backwardCase, specialCase, notANumberCase];
