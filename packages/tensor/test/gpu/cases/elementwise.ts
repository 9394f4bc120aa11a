import { apply, concat, type Device, operators, reference, type Tensor, tensor, where } from '@pnn/tensor';
import fc from 'fast-check';
import {
  compare,
  DIVISION,
  expectSame,
  expectWithin,
  floats,
  forAll,
  type KernelCase,
  numbers,
  place,
  read,
  type Table,
  tableOf,
  UNIT,
  withSpecials,
} from './kernel-case.js';

const wide = fc.oneof(withSpecials, floats(-30, 30), floats(-1, 1), floats(1e-6, 1e6));
const angles = fc.oneof(floats(-1000, 1000), floats(-(2 ** 17), 2 ** 17));
const sizes = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 70 }) }, fc.constant(9001));

/** Relative error of e^x in shaders: 3 + 2|x| units in the last place, each two roundings. */
const exponential = (x: number): number => 2 * (3 + 2 * Math.abs(x)) * UNIT;
const exact = (): number => 0;
const relative = (units: (x: number) => number) => (value: number, x: number) => units(x) * Math.abs(value);

/** Of the multiple of π/2 that is taken off an angle, the product with the second part, 4.8e-4·(2/π)|x|, is rounded. */
const angleError = (x: number): number => (12 + 4e-4 * Math.abs(x)) * UNIT;

/** How far each function may be from its exact value, at x. What follows an exponential adds a dozen roundings. */
const bounds: Readonly<Record<string, (value: number, x: number) => number>> = {
  neg: exact,
  abs: exact,
  sign: exact,
  relu: exact,
  floor: exact,
  ceil: exact,
  round: exact,
  trunc: exact,
  square: relative(() => UNIT),
  sqrt: relative(() => 4 * UNIT + DIVISION),
  reciprocal: relative(() => DIVISION),
  exp: relative(exponential),
  exp2: relative((x) => exponential(x) + 2 * Math.abs(x) * UNIT),
  // Near 0 the series; elsewhere the error of e^x against what is left of it.
  expm1: (value, x) => 40 * UNIT * Math.abs(value) + (Math.abs(x) < 0.49 ? 0 : exponential(x) * Math.exp(x)),
  // The logarithm of shaders: 3 units in the last place.
  log: relative(() => 40 * UNIT),
  log2: relative(() => 42 * UNIT),
  log10: relative(() => 42 * UNIT),
  log1p: (value, x) => 40 * UNIT * Math.abs(value) + (x < -0.49 || x > 0.99 ? 4 * UNIT : 0),
  sin: (_, x) => angleError(x),
  cos: (_, x) => angleError(x),
  // The errors of sine and cosine against the cosine: √(1 + t²)·(1 + |t|) ≤ √2·(1 + t²) times as large.
  tan: (value, x) => 3 * angleError(x) * (1 + value ** 2) + DIVISION * Math.abs(value),
  // Polynomials to 4 units, and from 1/2 on a root within 9, of which half are left.
  asin: relative(() => 30 * UNIT),
  acos: relative(() => 30 * UNIT),
  atan: relative(() => 20 * UNIT),
  sinh: relative((x) => 2 * exponential(x / 2) + 70 * UNIT),
  cosh: relative((x) => 2 * exponential(x / 2) + 10 * UNIT),
  asinh: relative(() => 80 * UNIT),
  acosh: relative(() => 80 * UNIT),
  atanh: relative(() => 80 * UNIT),
  tanh: relative((x) => 60 * UNIT + exponential(2 * Math.min(Math.abs(x), 10))),
  sigmoid: relative((x) => exponential(x) + 2 * DIVISION + 4 * UNIT),
  silu: relative((x) => exponential(x) + 2 * DIVISION + 6 * UNIT),
  softplus: relative((x) => exponential(x) + 40 * UNIT),
  erf: relative((x) => exponential(x * x) + (x * x + 60) * UNIT),
  erfc: (value, x) =>
    (exponential(x * x) + (x * x + 80) * UNIT) * Math.abs(value) +
    (x < 1.5 ? exponential(Math.min(x * x, 3)) + 62 * UNIT : 0),
  // 1 − erf loses digits up to |x|/√2 = 1.5, where erfc is 0.034.
  gelu: (value, x) =>
    (exponential((x * x) / 2) + (x * x + 80) * UNIT) * Math.abs(value) + 30 * UNIT * Math.min(3, Math.abs(x)),
};

const angular: ReadonlySet<string> = new Set(['sin', 'cos', 'tan']);

const unaryCases: KernelCase[] = Object.entries(bounds).map(([name, bound]) =>
  forAll(
    `unary ${name}`,
    sizes.chain((size) => tableOf([size], angular.has(name) ? angles : wide)),
    async (device, input) => {
      const operator = operators[name as 'exp'];
      const compute = (on: Device, precision?: 'double') =>
        read(() => apply(operator, [place(on, input, precision)], undefined));
      const [actual] = await compute(device);
      const [expected] = await compute(reference, 'double');
      const rounded = Float32Array.from(expected!);
      const reachable = Array.from(expected!, (value, i) => (Number.isFinite(rounded[i]) ? value : rounded[i]!));
      expectWithin(actual!, reachable, (value, i) => bound(value, input.data[i]!) + UNIT * Math.abs(value));
    },
  ),
);

/** Operands that broadcast: equal shapes, numbers, rows, columns, channels. */
const pairs = (elements: fc.Arbitrary<number>): fc.Arbitrary<readonly [Table, Table]> =>
  fc
    .tuple(
      fc.array(fc.nat(6), { maxLength: 4 }),
      fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      fc.nat(2),
      fc.boolean(),
    )
    .chain(([shape, kept, dropped, swap]) => {
      const other = shape.map((length, axis) => (kept[axis] ? length : 1)).slice(Math.min(dropped, shape.length));
      return swap
        ? fc.tuple(tableOf(other, elements), tableOf(shape, elements))
        : fc.tuple(tableOf(shape, elements), tableOf(other, elements));
    });

const binaryUnits = {
  add: UNIT,
  sub: UNIT,
  mul: UNIT,
  div: DIVISION,
  remainder: 0,
  fmod: 0,
  maximum: 0,
  minimum: 0,
  atan2: 30 * UNIT,
  hypot: 10 * UNIT + 2 * DIVISION,
  reluGradient: 0,
} as const;
const binaryCases: KernelCase[] = (Object.keys(binaryUnits) as (keyof typeof binaryUnits)[]).map((name) =>
  forAll(`binary ${name}`, pairs(withSpecials), async (device, inputs) => {
    const compute = (on: Device) =>
      read(() => apply(operators[name], inputs.map((input) => place(on, input)) as [Tensor, Tensor], undefined));
    const [[actual], [expected]] = [await compute(device), await compute(reference)];
    // The quotient of a number below 2^-126 may be anything that 0 gives.
    const tiny = inputs[1].data.some((value) => value !== 0 && Math.abs(value) < 1e-30);
    if (name === 'div' && tiny) return;
    expectWithin(actual!, expected!, (value) => (binaryUnits[name] + UNIT) * Math.abs(value));
  }),
);

const powerCase = forAll(
  'binary pow',
  fc.tuple(
    tableOf([50], fc.oneof(floats(0.01, 9), fc.constantFrom(-2, -0.5, -1, 0, 1))),
    tableOf([50], fc.oneof(fc.integer({ min: -6, max: 6 }), fc.constantFrom(0.5, 1.5, -0.25))),
  ),
  async (device, [base, exponent]) => {
    const compute = (on: Device) => read(() => apply(operators.pow, [place(on, base), place(on, exponent)], undefined));
    const [[actual], [expected]] = [await compute(device), await compute(reference)];
    // 2^(b·log2 a): the logarithm's absolute error of 2^-21 near 1, times b, and that of the exponential.
    expectWithin(actual!, expected!, (value, i) => {
      const b = Math.abs(exponent.data[i]!);
      const e = b * Math.abs(Math.log2(Math.abs(base.data[i]!) || 1));
      return (b * 2 ** -20 + 2 * exponential(e) + 4 * UNIT) * Math.abs(value);
    });
  },
);

/** Where the result of every combination is one of 0, 1, infinities and NaN, or a whole power. */
const extremes = [0, 1, -1, 2, -2, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

const extremePowerCase: KernelCase = {
  name: 'binary pow of NaN and infinities',
  async check(device) {
    const table = (shape: readonly number[]): Table => ({ shape, data: extremes });
    const compute = (on: Device) =>
      read(() => apply(operators.pow, [place(on, table([8, 1])), place(on, table([8]))], undefined));
    const [[actual], [expected]] = [await compute(device), await compute(reference)];
    expectWithin(actual!, expected!, (value) => 2 * exponential(2) * Math.abs(value));
  },
};

/** Beyond 2^17 the sine of a float is not known to the kernel, and it says so. */
const farAngleCase: KernelCase = {
  name: 'sin, cos and tan of what is too large',
  async check(device) {
    const far = [2 ** 18, -1e6, 1e30, Number.NEGATIVE_INFINITY];
    const results = await read(() => {
      const x = place(device, { shape: [4], data: far });
      return [x.sin(), x.cos(), x.tan()];
    });
    for (const result of results) expectSame(result, Array<number>(4).fill(Number.NaN));
  },
};

const comparisons = ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'] as const;
const comparisonCases: KernelCase[] = comparisons.map((name) =>
  forAll(`comparison ${name}`, pairs(fc.oneof(withSpecials, fc.constantFrom(0, 1, 2))), async (device, inputs) => {
    const compute = (on: Device) =>
      read(() => apply(operators[name], inputs.map((input) => place(on, input)) as [Tensor, Tensor], undefined));
    expectSame((await compute(device))[0]!, (await compute(reference))[0]!);
  }),
);

const others: readonly KernelCase[] = [
  forAll('tests and choices', tableOf([40], withSpecials), async (device, input) => {
    const compute = (on: Device) =>
      read(() => {
        const x = place(on, input);
        return [
          x.isNaN(),
          x.isInf(),
          x.isFinite(),
          x.nanToNum({ nan: 2 }),
          x.isClose(x),
          x.clamp(undefined, x.neg()),
          x.frac(),
        ];
      });
    const expected = await compute(reference);
    for (const [i, actual] of (await compute(device)).entries()) expectSame(actual, expected[i]!);
  }),
  forAll('where', pairs(withSpecials), async (device, [a, b]) => {
    const compute = (on: Device) =>
      read(() => {
        const x = place(on, a);
        const y = place(on, b);
        return [where(x.less(1), x, y), where(y.less(1), x, y)];
      });
    const expected = await compute(reference);
    for (const [i, actual] of (await compute(device)).entries()) expectSame(actual, expected[i]!);
  }),
  forAll(
    'cast',
    tableOf(
      [60],
      fc.oneof(
        numbers,
        withSpecials,
        fc.integer({ min: -(2 ** 24), max: 2 ** 24 }),
        floats(-(2 ** 34), 2 ** 34),
        fc.constantFrom(2 ** 31, -(2 ** 31), 1.5 * 2 ** 32 - 256, -(2 ** 31) - 256, 1e20),
      ),
    ),
    async (device, input) => {
      const compute = (on: Device) =>
        read(() => {
          const x = place(on, input);
          const whole = x.cast('int32');
          const flag = x.cast('bool');
          return [whole, flag, whole.cast('float32'), flag.cast('float32'), flag.cast('int32'), whole.cast('bool')];
        });
      const expected = await compute(reference);
      // Numbers below 2^-126 may count as 0.
      if (input.data.some((value) => value !== 0 && Math.abs(value) < 1e-37)) return;
      for (const [i, actual] of (await compute(device)).entries()) expectSame(actual, expected[i]!);
    },
  ),
  forAll('fill, copy, broadcast, scale and lerp', tableOf([3, 1, 5], withSpecials), async (device, input) => {
    const compute = (on: Device) =>
      read(() => {
        const x = place(on, input);
        const scaled = x.clone();
        on.kernels.scale(scaled, tensor([0.3], { device: on }));
        const filled = tensor([1, 2, 3], { device: on });
        on.kernels.fill(filled, Number.NEGATIVE_INFINITY);
        const assigned = x.neg().assign(x);
        const moved = x.clone().assignLerp(x.neg(), 0.25, 1.5);
        return [x.clone(), x.broadcastTo([2, 3, 4, 5]), scaled, filled, assigned, moved];
      });
    const expected = await compute(reference);
    for (const [i, actual] of (await compute(device)).entries()) {
      expectWithin(actual, expected[i]!, (value) => 8 * UNIT * Math.abs(value));
    }
  }),
  forAll(
    'integers keep their values',
    tableOf([40], fc.integer({ min: -(2 ** 23), max: 2 ** 23 })),
    async (device, input) => {
      const { actual, expected } = await compare(device, [{ ...input, dtype: 'int32' }], (x) => [
        x!.neg(),
        x!.abs(),
        x!.relu(),
        x!.maximum(7),
        x!.less(0),
        x!.max(),
        x!.add(x!),
        x!.sub(5),
        x!.remainder(7),
        x!.remainder(-4096),
        x!.fmod(-1000),
        x!.fmod(0),
        x!.less(0).cast('int32').sum(),
      ]);
      for (const [i, values] of actual.entries()) expectSame(values, expected[i]!);
    },
  ),
];

const whole = (max: number) => fc.integer({ min: -max, max });

const integerCases: readonly KernelCase[] = [
  forAll(
    'integers are divided and raised to powers as on the CPU',
    fc.tuple(
      tableOf([80], fc.oneof(whole(2 ** 24), whole(9), fc.constantFrom(2 ** 24, -(2 ** 24), 0))),
      tableOf([80], fc.oneof(whole(2 ** 24), whole(300), whole(3), fc.constantFrom(97, 257, 673, 172961))),
      tableOf([40], whole(6)),
      tableOf([40], fc.integer({ min: -3, max: 9 })),
      tableOf([40], fc.constantFrom(-1, 0, 1)),
      tableOf([40], whole(2 ** 24)),
    ),
    async (device, tables) => {
      const inputs = tables.map((table) => ({ ...table, dtype: 'int32' as const }));
      const { actual, expected } = await compare(device, inputs, (a, b, base, exponent, unit, any) => [
        a!.div(b!),
        a!.div(-1),
        base!.pow(exponent!),
        unit!.pow(any!),
        // Their results can be calculated with.
        a!.div(b!).div(3).add(base!.pow(2).sum()),
      ]);
      for (const [i, values] of actual.entries()) expectSame(values, expected[i]!);
    },
  ),
  forAll(
    'integers that were chosen among others can be calculated with',
    tableOf([4, 5], whole(1000)),
    async (device, input) => {
      const { actual, expected } = await compare(device, [{ ...input, dtype: 'int32' }], (x) => {
        const rows = x!.slice([[0, 2]]);
        const index = x!.argmax(1, { keepDims: true });
        return [
          x!.abs(),
          x!.sign(),
          x!.relu(),
          x!.maximum(3),
          x!.minimum(x!.neg()),
          x!.reluGradient(x!),
          where(x!.less(5), x!, x!.neg()),
          x!.max(1),
          x!.min(),
          x!.pad(
            [
              [1, 2],
              [0, 1],
            ],
            7,
          ),
          concat([x!, rows.mul(2)]),
          x!.gather(1, index),
          x!.cast('int32'),
          x!.clone().broadcastTo([2, 4, 5]),
        ].map((chosen) => chosen.mul(2).add(1));
      });
      for (const [i, values] of actual.entries()) expectSame(values, expected[i]!);
    },
  ),
  {
    name: 'integers that there are none of can be calculated with',
    async check(device) {
      const compute = (on: Device) =>
        read(() => {
          const none = tensor(new Int32Array(0), { device: on }).reshape([0, 3]);
          const one = tensor(Int32Array.of(4, 5, 6), { device: on });
          const elementwise = [none.neg(), none.add(one), none.mul(none), none.square(), none.div(one), none.pow(none)];
          return [...elementwise, none.sum(), none.sum(0).add(one), none.sum(1), none.transpose().matmul(none).add(1)];
        });
      const expected = await compute(reference);
      for (const [i, actual] of (await compute(device)).entries()) expectSame(actual, expected[i]!);
    },
  },
];

export const elementwiseCases: readonly KernelCase[] = [
  ...unaryCases,
  ...binaryCases,
  powerCase,
  extremePowerCase,
  farAngleCase,
  ...comparisonCases,
  ...others,
  ...integerCases,
];
