import { type Device, reference } from '@pnn/tensor';
import fc from 'fast-check';
import {
  compare,
  expectSame,
  expectWithin,
  forAll,
  type KernelCase,
  numbers,
  place,
  read,
  sumBound,
  tableOf,
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
    'topk',
    fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 30 }))
      .chain((shape) => fc.tuple(tableOf(shape, repeated), fc.nat(shape[1]), fc.boolean())),
    async (device, [input, count, largest]) => {
      const compute = (on: Device) =>
        read(() => {
          const { values, indices } = place(on, input).topk(count, { largest });
          return [values, indices];
        });
      const expected = await compute(reference);
      for (const [i, actual] of (await compute(device)).entries()) expectSame(actual, expected[i]!);
    },
  ),
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
