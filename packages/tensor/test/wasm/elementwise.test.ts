import { isDeepStrictEqual } from 'node:util';
import { apply, operators, reference, scope, type Tensor, tensor, where } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { comparisonNames } from '../../src/kernels.js';
import { dataOf, expectSame, expectWithin, place, UNIT, variants, withSpecials } from './variants.js';

const anything = fc.oneof({ weight: 4, arbitrary: fc.float() }, { weight: 4, arbitrary: withSpecials });
const lengths = fc.oneof({ weight: 9, arbitrary: fc.nat(70) }, { weight: 1, arbitrary: fc.constantFrom(16384, 16387) });

/** Shapes of two operands that broadcast: equal ones, numbers, rows, columns, channels, and more than a kernel walks over. */
const pairs: fc.Arbitrary<[number[], number[]]> = fc
  .tuple(
    fc.array(fc.nat(6), { maxLength: 4 }),
    fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    fc.nat(2),
    fc.boolean(),
  )
  .map(([shape, kept, dropped, swap]) => {
    const other = shape.map((length, axis) => (kept[axis] ? length : 1)).slice(Math.min(dropped, shape.length));
    return swap ? [other, shape] : [shape, other];
  });
const shapes: fc.Arbitrary<[number[], number[]]> = fc.oneof(
  { weight: 9, arbitrary: pairs },
  {
    weight: 1,
    arbitrary: fc.constantFrom<[number[], number[]]>(
      [[16387], [1]],
      [[2, 16390], [16390]],
      [
        [300, 70],
        [300, 1],
      ],
    ),
  },
);

/**
 * Relative errors in units of the rounding. e^x: the rest r is off by a rounding of its own and of n·ln 2, at most
 * 1.5 units, its series by 2.5 and the two last products by one each; what is made of it adds its own few.
 */
const units: Readonly<Record<string, number>> = {
  exp: 6,
  sigmoid: 16,
  silu: 18,
  tanh: 20,
  // e^x − 1 is 0.39 e^x at least; near 0 the series.
  expm1: 20,
  // Difference, sum and quotient make four units, the series and the products with n two more.
  log: 6,
  log1p: 10,
  softplus: 18,
  // Two exponentials make 13, the polynomial 5, sum, product and quotient 3.
  erfc: 22,
  erf: 8,
  gelu: 28,
};
const exact = [
  'neg',
  'abs',
  'sqrt',
  'square',
  'reciprocal',
  'relu',
  'floor',
  'ceil',
  'round',
  'trunc',
  'sign',
] as const;
const near = ['exp', 'sigmoid', 'silu', 'tanh', 'expm1', 'log', 'log1p', 'softplus', 'erf', 'erfc', 'gelu'] as const;
const binary = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'reluGradient'] as const;

describe.each(variants)('elementwise functions on %s', (_, device) => {
  test.each(exact)('%s is the exact value rounded once', (name) => {
    fc.assert(
      fc.property(
        lengths.chain((length) => dataOf([length], anything)),
        (data) =>
          scope(() => {
            const results = [device, reference].map((on) => place(on, [data.length], data)[name]().dataSync());
            expectSame(results[0]!, results[1]!);
          }),
      ),
      { numRuns: 40 },
    );
  });

  test.each(near)('%s is within its bound, for numbers of every size', (name) => {
    const numbers = fc.oneof(
      anything,
      fc.float({ min: -110, max: 95, noNaN: true }),
      fc.float({ min: -1, max: 1, noNaN: true }),
      fc.float({ min: -16, max: 16, noNaN: true }),
      fc.float({ min: 0.5, max: 2, noNaN: true }),
    );
    fc.assert(
      fc.property(
        lengths.chain((length) => dataOf([length], numbers)),
        (data) =>
          scope(() => {
            const expected = place(reference, [data.length], data, 'float64')[name]().dataSync();
            const rounded = Float32Array.from(expected);
            const bounds = Array.from(
              expected,
              (value, i) => units[name]! * UNIT * Math.abs(value) + Math.max(1, Math.abs(data[i]!)) * 2 ** -147,
            );
            expectWithin(
              place(device, [data.length], data)[name](),
              rounded.map((value, i) => (Number.isFinite(value) ? expected[i]! : value)),
              bounds,
            );
          }),
      ),
      { numRuns: 100 },
    );
  });

  test.each(binary)('%s is what the reference gives, however the operands broadcast', (name) => {
    const cases = shapes.chain(([a, b]) =>
      fc.tuple(fc.constant(a), dataOf(a, anything), fc.constant(b), dataOf(b, anything)),
    );
    fc.assert(
      fc.property(cases, ([aShape, a, bShape, b]) =>
        scope(() => {
          const results = [device, reference].map((on) => {
            const [result] = apply(operators[name], [place(on, aShape, a), place(on, bShape, b)], undefined) as [
              Tensor,
            ];
            return result.dataSync();
          });
          expectSame(results[0]!, results[1]!);
        }),
      ),
      { numRuns: 40 },
    );
  });

  test.each(binary)('%s gives the same where the output is one of the operands', (name) => {
    const cases = shapes.chain(([a, b]) =>
      fc.tuple(fc.constant(a), dataOf(a, anything), dataOf(b, anything), fc.constant(b)),
    );
    fc.assert(
      fc.property(cases, fc.boolean(), ([aShape, a, b, bShape], swap) =>
        scope(() => {
          for (const on of [device, reference]) {
            const operands = [place(on, aShape, a), place(on, bShape, b)] as const;
            const [left, right] = swap ? [operands[1], operands[0]] : operands;
            const [result] = apply(operators[name], [left, right], undefined) as [Tensor];
            const out = operands.find(({ shape }) => isDeepStrictEqual(shape, result.shape));
            if (!out) return;
            on.kernels.binary[name](left, right, out);
            expectSame(out.dataSync(), result.dataSync());
          }
        }),
      ),
      { numRuns: 40 },
    );
  });

  test.each(comparisonNames)('%s is what the reference gives, however the operands broadcast', (name) => {
    // Few different numbers, so that some are equal.
    const numbers = fc.constantFrom(-1.5, 0, -0, 2, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    const cases = shapes.chain(([a, b]) =>
      fc.tuple(fc.constant(a), dataOf(a, numbers), fc.constant(b), dataOf(b, numbers)),
    );
    fc.assert(
      fc.property(cases, ([aShape, a, bShape, b]) =>
        scope(() => {
          const results = [device, reference].map((on) =>
            place(on, aShape, a)
              [name](place(on, bShape, b))
              .dataSync(),
          );
          expectSame(results[0]!, results[1]!);
        }),
      ),
      { numRuns: 40 },
    );
  });

  test('where takes one of two numbers bit by bit, however condition and operands broadcast', () => {
    const cases = fc.tuple(shapes, fc.nat(2)).chain(([[a, b], order]) => {
      const all = [a, b, b.length > a.length ? a : b];
      const [conditionShape, aShape, bShape] = [...all.slice(order), ...all.slice(0, order)] as [
        number[],
        number[],
        number[],
      ];
      return fc.tuple(
        fc.tuple(fc.constant(conditionShape), dataOf(conditionShape, fc.constantFrom(-1, 1))),
        fc.tuple(fc.constant(aShape), dataOf(aShape, anything)),
        fc.tuple(fc.constant(bShape), dataOf(bShape, anything)),
      );
    });
    fc.assert(
      fc.property(cases, ([condition, a, b]) =>
        scope(() => {
          const results = [device, reference].map((on) => {
            const holds = place(on, ...condition).greater(place(on, [], [0]));
            return where(holds, place(on, ...a), place(on, ...b)).dataSync();
          });
          expectSame(results[0]!, results[1]!);
        }),
      ),
      { numRuns: 100 },
    );
  });

  test.each(['add', 'sub', 'mul', 'maximum', 'minimum', ...comparisonNames] as const)(
    '%s of int32 is what the reference gives, however the operands broadcast',
    (name) => {
      const numbers = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer());
      const cases = shapes.chain(([a, b]) =>
        fc.tuple(fc.constant(a), dataOf(a, numbers), fc.constant(b), dataOf(b, numbers)),
      );
      fc.assert(
        fc.property(cases, ([aShape, a, bShape, b]) =>
          scope(() => {
            const results = [device, reference].map((on) => {
              const left = tensor(Int32Array.from(a), { device: on }).reshape(aShape);
              const right = tensor(Int32Array.from(b), { device: on }).reshape(bShape);
              return [left[name](right), where(left.less(right), left, right)].map((each) => each.dataSync());
            });
            for (const [i, bits] of results[0]!.entries()) expectSame(bits, results[1]![i]!);
          }),
        ),
        { numRuns: 30 },
      );
    },
  );

  test.each(['float32', 'float64'] as const)('scales %s in place', (dtype) => {
    fc.assert(
      fc.property(
        lengths.chain((length) => dataOf([length], withSpecials)),
        (data) =>
          scope(() => {
            const results = [device, reference].map((on) => {
              const x = place(on, [data.length], data, dtype);
              on.kernels.scale(x, place(on, [], [0.3], dtype));
              return x.dataSync();
            });
            expectSame(results[0]!, results[1]!);
          }),
      ),
      { numRuns: 40 },
    );
  });

  test.each(['float64', 'int32'] as const)('gives what the reference gives for %s', (dtype) => {
    scope(() => {
      const results = [device, reference].map((on) => {
        const x = place(on, [5], [-2, -1, 0, 1, 2]).cast(dtype);
        return [x.abs(), x.mul(x), x.relu()].map((result) => result.dataSync());
      });
      expect(results[0]).toEqual(results[1]);
    });
  });
});
