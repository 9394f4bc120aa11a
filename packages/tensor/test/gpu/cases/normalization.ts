import { apply, type Device, operators, reference, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import {
  DIVISION,
  expectWithin,
  forAll,
  type KernelCase,
  place,
  read,
  type Table,
  tableOf,
  UNIT,
} from './kernel-case.js';

const EPSILON = 1e-3;

interface Batch {
  readonly x: Table;
  readonly gradient: Table;
  readonly gamma: Table | undefined;
  readonly beta: Table | undefined;
}

const batches: fc.Arbitrary<Batch> = fc
  .constantFrom([4, 3], [2, 3, 5], [3, 2, 4, 4], [300, 2], [2, 2, 20, 20])
  .chain((shape) =>
    fc.record({
      // A mean far from zero takes the digits of whoever squares before subtracting.
      x: fc
        .tuple(tableOf(shape), fc.constantFrom([0, 1], [100, 1], [1000, 1 / 256]))
        .map(([table, [offset, size]]) => ({
          ...table,
          data: table.data.map((value) => Math.fround(value * size! + offset!)),
        })),
      gradient: tableOf(shape),
      gamma: fc.option(tableOf([shape[1]!]), { nil: undefined }),
      beta: fc.option(tableOf([shape[1]!]), { nil: undefined }),
    }),
  );

/** Output, mean, variance, and the gradients of x, γ and β. */
function run(on: Device, { x, gradient, gamma, beta }: Batch, precision?: 'double'): Promise<ArrayLike<number>[]> {
  return read(() => {
    const input = place(on, x, precision);
    const scale = gamma && place(on, gamma, precision);
    const shift = beta && place(on, beta, precision);
    const [out, mean, variance] = apply(operators.batchNorm, [input, scale, shift], { epsilon: EPSILON }) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const slopes = place(on, gradient, precision);
    const inputs = [slopes, input, scale, mean, variance] as const;
    return [out, mean, variance, ...apply(operators.batchNormGradient, inputs, { epsilon: EPSILON })];
  });
}

/** What rounding can make of one channel, by the errors of its sums. */
function channelErrors({ x, gradient }: Batch, expected: readonly ArrayLike<number>[], channel: number) {
  const [, channels] = x.shape as [number, number];
  const area = x.data.length / x.shape[0]! / channels;
  const members = x.data.flatMap((_, i) => (Math.floor(i / area) % channels === channel ? [i] : []));
  const count = members.length;
  const total = (of: (i: number) => number) => members.reduce((sum, i) => sum + of(i), 0);
  // A sum rounds once for each term; two stages share a long one.
  const roundings = (Math.min(count, 2 * Math.ceil(Math.sqrt(count)) + 256) + 8) * UNIT;
  const mean = expected[1]![channel]!;
  const variance = expected[2]![channel]!;
  const deviation = Math.sqrt(variance + EPSILON);
  // The forward direction takes off a first mean, then the mean of what is left.
  const firstError = (roundings * total((i) => Math.abs(x.data[i]!))) / count + DIVISION * Math.abs(mean);
  const left = total((i) => Math.abs(x.data[i]! - mean)) / count + firstError;
  const centerError = (roundings + DIVISION) * left;
  const meanError = centerError + 2 * UNIT * Math.abs(mean);
  const varianceError = centerError ** 2 + (roundings + DIVISION) * (variance + centerError ** 2);
  const inverseError = varianceError / (2 * (variance + EPSILON)) + 4 * UNIT + 2 * DIVISION;
  const normalized = (i: number) => Math.abs(x.data[i]! - mean) / deviation;
  const normalizedError = (i: number, ofMean = meanError) =>
    (ofMean + 2 * UNIT * firstError) / deviation + normalized(i) * (inverseError + 4 * UNIT);
  const outputError = (i: number) => normalizedError(i, centerError);
  const slope = (i: number) => Math.abs(gradient.data[i]!);
  const betaError = roundings * total(slope);
  const gammaError =
    total((i) => slope(i) * normalizedError(i)) + (roundings + DIVISION) * total((i) => slope(i) * normalized(i));
  const inputError = (i: number) => {
    const gammaSlope = Math.abs(expected[4]![channel]!);
    const parts = (Math.abs(expected[5]![channel]!) + normalized(i) * gammaSlope) / count;
    const error = (betaError + normalized(i) * gammaError + normalizedError(i) * gammaSlope) / count;
    const size = slope(i) + parts;
    return (error + 6 * UNIT * size + DIVISION * parts + size * (inverseError + 4 * UNIT)) / deviation;
  };
  return { meanError, varianceError, outputError, betaError, gammaError, inputError };
}

const batchNorm = forAll('batchNorm and its gradient', batches, async (device, batch) => {
  const [actual, expected] = [await run(device, batch), await run(reference, batch, 'double')];
  const [images, channels] = batch.x.shape as [number, number];
  const area = batch.x.data.length / images / channels;
  const errors = Array.from({ length: channels }, (_, channel) => channelErrors(batch, expected, channel));
  const channelOf = (i: number) => Math.floor(i / area) % channels;
  const scale = (i: number) => Math.abs(batch.gamma?.data[channelOf(i)] ?? 1);
  const shift = (i: number) => Math.abs(batch.beta?.data[channelOf(i)] ?? 0);
  const bounds = [
    (value: number, i: number) =>
      scale(i) * errors[channelOf(i)]!.outputError(i) + 4 * UNIT * (Math.abs(value) + shift(i)),
    (_: number, c: number) => errors[c]!.meanError,
    (_: number, c: number) => errors[c]!.varianceError,
    (_: number, i: number) => scale(i) * errors[channelOf(i)]!.inputError(i),
    (_: number, c: number) => errors[c]!.gammaError,
    (_: number, c: number) => errors[c]!.betaError,
  ];
  for (const [i, bound] of bounds.entries()) expectWithin(actual[i]!, expected[i]!, bound);
});

export const normalizationCases: readonly KernelCase[] = [batchNorm];
