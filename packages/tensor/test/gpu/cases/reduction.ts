import { type Device, linearRecurrence, reference, tensor } from '@pnn/tensor';
import fc from 'fast-check';
import {
  compare,
  expectSame,
  expectWithin,
  floats,
  forAll,
  type KernelCase,
  numbers,
  place,
  read,
  sumBound,
  tableOf,
  UNIT,
  withSpecials,
} from './kernel-case.js';

const layouts = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 6 })) },
  { weight: 2, arbitrary: fc.constantFrom<[number, number, number]>([1, 3001, 1], [2, 300, 3], [3, 257, 1]) },
);
const repeated = fc.oneof(withSpecials, fc.integer({ min: -3, max: 3 }));

export const reductionCases: readonly KernelCase[] = [
  forAll(
    'sum',
    layouts.chain((shape) => tableOf(shape)),
    async (device, input) => {
      const { actual, expected, magnitudes } = await compare(device, [input], (x) => [x!.sum(1), x!.sum(0), x!.sum()]);
      for (const [i, values] of actual.entries()) {
        expectWithin(values, expected[i]!, (_, at) => sumBound(input.data.length, magnitudes[i]![at]!));
      }
    },
  ),
  forAll(
    'max, min, argmax and argmin',
    layouts.chain((shape) => tableOf(shape, repeated)),
    async (device, input) => {
      const compute = (on: Device) =>
        read(() => {
          const x = place(on, input);
          return input.data.length === 0
            ? []
            : [x.max(1), x.min(1), x.max(), x.argmax(1), x.argmin(1), x.argmax(), x.argmin(2)];
        });
      const expected = await compute(reference);
      for (const [i, actual] of (await compute(device)).entries()) expectSame(actual, expected[i]!);
    },
  ),
  {
    name: 'a sum over no elements is 0',
    async check(device) {
      const [sums] = await read(() => [place(device, { shape: [2, 0, 3], data: [] }).sum(1)]);
      expectSame(sums!, new Float32Array(6));
    },
  },
  forAll(
    'sort and topk',
    fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 30 }))
      .chain((shape) => fc.tuple(tableOf(shape, repeated), fc.nat(shape[1]), fc.boolean())),
    async (device, [input, count, largest]) => {
      const compute = (on: Device) =>
        read(() => {
          const x = place(on, input);
          const { values, indices } = x.topk(count, { largest });
          return [values, indices, x.argsort(0, { descending: largest }), x.sort().values, x.median(1)];
        });
      const expected = await compute(reference);
      for (const [i, actual] of (await compute(device)).entries()) expectSame(actual, expected[i]!);
    },
  ),
  forAll(
    'cumsum, cumprod and linearRecurrence',
    fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 3 }))
      .chain((shape) =>
        fc.record({ x: tableOf(shape), factors: tableOf(shape, floats(-1, 1)), reverse: fc.boolean() }),
      ),
    async (device, { x, factors, reverse }) => {
      const length = x.shape[1]!;
      const { actual, expected, magnitudes } = await compare(device, [x, factors], (terms, a) => [
        terms!.cumsum(1, { reverse }),
        terms!.cumsum(1, { reverse, exclusive: true }),
        a!.cumprod(1, { reverse }),
        linearRecurrence(a!, terms!, 1, { reverse }),
      ]);
      for (const [i, values] of actual.entries()) {
        expectWithin(values, expected[i]!, (_, at) => sumBound(2 * length, magnitudes[i]![at]!));
      }
    },
  ),
  forAll(
    'norm and std',
    fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2, max: 9 }))
      .chain((shape) => tableOf(shape, floats(1, 8))),
    async (device, input) => {
      const { actual, expected } = await compare(device, [input], (x) => [
        ...[1, 2, 3, 0, Number.POSITIVE_INFINITY].map((p) => x!.norm(p, 1)),
        // Of numbers around 0, where nothing cancels.
        x!
          .mul(
            tensor(
              Array.from({ length: input.shape[1]! }, (_, i) => (i % 2) - 0.5),
              { dtype: x!.dtype, device: x!.device },
            ),
          )
          .std(1),
      ]);
      for (const [i, values] of actual.entries()) {
        expectWithin(values, expected[i]!, (value) => 100 * UNIT * Math.abs(value));
      }
    },
  ),
  {
    name: 'a long scan and a long sort',
    async check(device) {
      const length = 3000;
      const [sums, order] = await read(() => {
        const x = place(device, { shape: [length], data: Array.from({ length }, (_, i) => (i * 7919) % length) });
        return [place(device, { shape: [length], data: Array(length).fill(2) }).cumsum(0), x.argsort()];
      });
      expectSame(
        sums!,
        Array.from({ length }, (_, i) => 2 * (i + 1)),
      );
      const expected = new Array<number>(length);
      for (let i = 0; i < length; i++) expected[(i * 7919) % length] = i;
      expectSame(order!, expected);
    },
  },
  forAll(
    'histogram',
    // On the edges and between them.
    tableOf(
      [300],
      fc.oneof(
        numbers.map((value) => Math.round(value * 4) / 2),
        withSpecials.map((v) => (Number.isFinite(v) ? 0.5 : v)),
      ),
    ),
    async (device, input) => {
      const compute = (on: Device) =>
        read(() => {
          const x = place(on, input);
          return [x.histogram(24, -12, 12), x.histogram(49, 0, 49), x.histogram(49, -0.3, 8.1)];
        });
      const expected = await compute(reference);
      for (const [i, counts] of (await compute(device)).entries()) expectSame(counts, expected[i]!);
    },
  ),
];
