import { apply, type Device, operators, reference, scope, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linearMemory } from '../../src/devices/host/linear-memory.js';
import { MAX_FIELDS, writeFields } from '../../src/devices/wasm/generated/tasks.js';
import { compile, instantiate } from '../../src/devices/wasm/instance.js';
import { dataOf, expectSame, expectWithin, place, UNIT, variants } from './variants.js';

interface Case {
  readonly shape: readonly number[];
  readonly x: readonly number[];
  readonly gradient: readonly number[];
  readonly gamma: readonly number[] | undefined;
  readonly beta: readonly number[] | undefined;
}

const EPSILON = 1e-3;
const numbers = fc.float({ min: -4, max: 4, noNaN: true });
const shapes = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 1, max: 9 })) },
  {
    weight: 5,
    arbitrary: fc.tuple(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 2, max: 7 }),
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom([5000, 5], [4, 2, 8200], [9, 1, 5, 401], [20, 1030], [2, 3, 80, 81]) },
);

const cases: fc.Arbitrary<Case> = shapes.chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    // A mean far from zero takes the digits of whoever squares before subtracting.
    x: fc
      .tuple(dataOf(shape, numbers), fc.constantFrom(0, 3, 1000))
      .map(([data, offset]) => data.map((value) => Math.fround(value + offset))),
    gradient: dataOf(shape, numbers),
    gamma: fc.option(dataOf([shape[1]!], numbers), { nil: undefined }),
    beta: fc.option(dataOf([shape[1]!], numbers), { nil: undefined }),
  }),
);

type Type = 'float32' | 'float64';

function forward(device: Device, dtype: Type, { shape, x, gamma, beta }: Case): Tensor[] {
  const channel = (data: readonly number[] | undefined) => data && place(device, [data.length], data, dtype);
  return apply(operators.batchNorm, [place(device, shape, x, dtype), channel(gamma), channel(beta)], {
    epsilon: EPSILON,
  }) as Tensor[];
}

function backward(
  device: Device,
  dtype: Type,
  { shape, x, gradient, gamma }: Case,
  statistics: readonly (readonly number[])[],
  overwrite = false,
): Tensor[] {
  const channel = (data: readonly number[]) => place(device, [data.length], data, dtype);
  return apply(
    operators.batchNormGradient,
    [
      place(device, shape, gradient, dtype),
      place(device, shape, x, dtype),
      gamma && channel(gamma),
      ...statistics.map(channel),
    ] as never,
    { epsilon: EPSILON, overwrite },
  ) as Tensor[];
}

/** The channel of each element. */
function channelsOf(shape: readonly number[]): number[] {
  const [images, channels, ...image] = shape as [number, number, ...number[]];
  const area = image.reduce((product, length) => product * length, 1);
  return Array.from({ length: images * channels * area }, (_, i) => Math.floor(i / area) % channels);
}

/** The elements of each channel. */
function byChannel(shape: readonly number[], data: readonly number[]): number[][] {
  const elements = Array.from({ length: shape[1]! }, (): number[] => []);
  const channels = channelsOf(shape);
  for (const [i, value] of data.entries()) elements[channels[i]!]!.push(value);
  return elements;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The standard deviation of the elements of a channel. */
function spreadOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
}

/**
 * By how many units of its terms' sizes a sum may be off: a term is a difference of two roundings or a product of it, at most
 * eight are added in single precision (in twice as many roundings without fused ones), and the rest in double precision.
 */
const SUM = 12 * UNIT;
/** Results so small are rounded by up to the least number that float32 has. */
const DENORMAL = 2 ** -149;

describe.each([['reference', reference], ...variants] as const)('batchNormGradient on %s', (_, device) => {
  test('has the same numbers where it is written over the gradient of the output', () => {
    fc.assert(
      fc.property(cases, (each) =>
        scope(() => {
          const [, mean, variance] = forward(device, 'float32', each).map((result) => Array.from(result.dataSync()));
          const apart = backward(device, 'float32', each, [mean!, variance!]);
          const over = backward(device, 'float32', each, [mean!, variance!], true);
          over.forEach((result, i) => {
            expectSame(result.dataSync(), apart[i]!.dataSync());
          });
        }),
      ),
    );
  });
});

describe.each(variants)('batchNorm on %s', (_, device) => {
  test('normalizes within a few roundings, with statistics from sums of short runs', () => {
    fc.assert(
      fc.property(cases, (each) =>
        scope(() => {
          const [out, mean, variance] = forward(device, 'float32', each);
          const [expected, expectedMean, expectedVariance] = forward(reference, 'float64', each);
          const means = expectedMean!.dataSync();
          const variances = expectedVariance!.dataSync();
          // The sums are of differences from the first element of the channel.
          const lost = byChannel(each.shape, each.x).map((values, c) => {
            const differences = values.map((value) => value - values[0]!);
            const size = meanOf(differences.map(Math.abs));
            const offset = Math.abs(means[c]! - values[0]!) + SUM * size;
            return { mean: SUM * size, variance: SUM * (meanOf(differences.map((d) => d * d)) + 2 * offset * size) };
          });
          expectWithin(
            mean!,
            means,
            Array.from(means, (value, c) => UNIT * Math.abs(value) + lost[c]!.mean + DENORMAL),
          );
          expectWithin(
            variance!,
            variances,
            Array.from(variances, (value, c) => UNIT * value + lost[c]!.variance + DENORMAL),
          );
          const channels = channelsOf(each.shape);
          const bounds = each.x.map((x, i) => {
            const c = channels[i]!;
            const scale = Math.abs(each.gamma ? each.gamma[c]! : 1) / Math.sqrt(variances[c]! + EPSILON);
            const shift = Math.abs(each.beta ? each.beta[c]! : 0) + UNIT * Math.abs(means[c]!) * scale;
            const distance = Math.abs(x - means[c]!);
            // d(1/√(v + ε)) = −½(v + ε)^−1.5 dv, and no less than that where v + ε is lower by what was lost.
            const least = Math.max(EPSILON, variances[c]! + EPSILON - lost[c]!.variance);
            const ofVariance = (lost[c]!.variance / 2) * least ** -1.5 * Math.abs(each.gamma ? each.gamma[c]! : 1);
            return (
              5 * UNIT * (distance * (1 + UNIT) * scale + UNIT * Math.abs(means[c]!) * scale + shift) +
              (1 + 4 * UNIT) * (lost[c]!.mean * scale + distance * ofVariance) +
              lost[c]!.mean * ofVariance +
              1e-40
            );
          });
          expectWithin(out!, expected!.dataSync(), bounds);
        }),
      ),
    );
  });

  test('gives the gradients within a few roundings', () => {
    fc.assert(
      fc.property(cases, (each) =>
        scope(() => {
          const statistics = forward(reference, 'float32', each)
            .slice(1)
            .map((statistic) => Array.from(statistic.dataSync()));
          const [means, variances] = statistics as [number[], number[]];
          const [out, gamma, beta] = backward(device, 'float32', each, statistics);
          const expected = backward(reference, 'float64', each, statistics).map((result) => result.dataSync());
          const count = each.x.length / each.shape[1]!;
          const inverse = (c: number) => 1 / Math.sqrt(variances[c]! + EPSILON);
          const [gradients, inputs] = [byChannel(each.shape, each.gradient), byChannel(each.shape, each.x)];
          const lost = means.map((mean, c) => {
            const slopes = gradients[c]!.map(Math.abs);
            const distances = inputs[c]!.map((x) => Math.abs(x - mean));
            return {
              sum: SUM * count * meanOf(slopes),
              product: SUM * count * meanOf(slopes.map((slope, i) => slope * distances[i]!)),
            };
          });
          expectWithin(
            gamma!,
            expected[1]!,
            Array.from(expected[1]!, (value, c) => UNIT * Math.abs(value) + lost[c]!.product * inverse(c) + 1e-40),
          );
          expectWithin(
            beta!,
            expected[2]!,
            Array.from(expected[2]!, (value, c) => UNIT * Math.abs(value) + lost[c]!.sum + 1e-40),
          );
          const channels = channelsOf(each.shape);
          const bounds = each.x.map((x, i) => {
            const c = channels[i]!;
            const scale = Math.abs(each.gamma ? each.gamma[c]! : 1) * inverse(c);
            const meanSlope = Math.abs(expected[2]![c]!) / count;
            const correction = (Math.abs(expected[1]![c]!) * inverse(c)) / count;
            const size = Math.abs(each.gradient[i]!) + meanSlope + Math.abs(x - means[c]!) * correction;
            const ofSums = lost[c]!.sum + lost[c]!.product * Math.abs(x - means[c]!) * inverse(c) ** 2;
            return 6 * UNIT * scale * size + (1 + 6 * UNIT) * (ofSums / count) * scale + 1e-40;
          });
          expectWithin(out!, expected[0]!, bounds);
        }),
      ),
    );
  });

  test.each([
    [[1, 1, 512, 512], 0, 1937.98],
    [[1, 1, 1024, 1024], 0, 1234.567],
    [[20_000, 3], Math.fround(0.7), 5000.3],
  ])('%j of %d with a first element of %d has the variance of the reference', (shape, value, first) => {
    scope(() => {
      const size = shape.reduce((product, length) => product * length, 1);
      const x = Array.from({ length: size }, (_, i) => (i === 0 ? Math.fround(first) : value));
      const each = { shape, x, gradient: x, gamma: undefined, beta: undefined };
      const [out, mean, variance] = forward(device, 'float32', each).map((result) => result.dataSync());
      const expected = forward(reference, 'float64', each).map((result) => result.dataSync());
      // Sums in double precision, rounded once.
      expect(Math.abs(mean![0]! - expected[1]![0]!)).toBeLessThanOrEqual(2 * UNIT * Math.abs(expected[1]![0]!));
      expect(Math.abs(variance![0]! - expected[2]![0]!)).toBeLessThanOrEqual(2 * UNIT * expected[2]![0]!);
      expect(Math.abs(out![0]! - expected[0]![0]!)).toBeLessThanOrEqual(8 * UNIT * expected[0]![0]!);
    });
  });

  test('normalizes numbers whose squares are beyond float32', () => {
    fc.assert(
      fc.property(cases, (each) =>
        scope(() => {
          const huge = { ...each, x: each.x.map((value) => Math.fround(value * 1e30)) };
          const [out] = forward(device, 'float32', huge);
          const [expected, mean] = forward(reference, 'float64', huge).map((result) => result.dataSync());
          // Of the size of the largest: rounding x, the mean and the factors; the digits that a mean far from 0 takes.
          const largest = Math.max(1, ...Array.from(expected!, Math.abs));
          const lost = Math.max(...mean!.map((value) => Math.abs(value) / 1e30)) + 1;
          const spread = Math.min(...byChannel(each.shape, each.x).map(spreadOf));
          fc.pre(spread > 0.1);
          const gamma = Math.max(1, ...(each.gamma ?? []).map(Math.abs));
          const bound = 16 * UNIT * (largest + (gamma * lost) / spread);
          expectWithin(
            out!,
            expected!,
            each.x.map(() => bound),
          );
        }),
      ),
      { numRuns: 30 },
    );
  });

  test.each([[Number.NaN], [Number.POSITIVE_INFINITY]])('spoils the channel that has %s, and no other', (special) => {
    fc.assert(
      fc.property(cases, fc.nat(), (each, at) =>
        scope(() => {
          const position = at % each.x.length;
          const x = each.x.map((value, i) => (i === position ? special : value));
          const out = forward(device, 'float32', { ...each, x })[0]!.dataSync();
          const channels = channelsOf(each.shape);
          expect(channels.filter((c, i) => Number.isNaN(out[i]) !== (c === channels[position]))).toEqual([]);
        }),
      ),
      { numRuns: 20 },
    );
  });

  test('gives what the reference gives for float64', () => {
    fc.assert(
      fc.property(cases, (each) =>
        scope(() => {
          const results = [device, reference].map((on) => {
            const outputs = forward(on, 'float64', each);
            const statistics = outputs.slice(1).map((statistic) => Array.from(statistic.dataSync()));
            return [...outputs, ...backward(on, 'float64', each, statistics)].map((result) => result.dataSync());
          });
          results[0]!.forEach((each, i) => {
            expectSame(each, results[1]![i]!);
          });
        }),
      ),
      { numRuns: 20 },
    );
  });
});

test('a single large image, and rows of many channels, are cut into blocks that threads can share', () => {
  const { channelSumsBlocks, channelMapBlocks } = instantiate(compile('simd'));
  const task = linearMemory.allocate(MAX_FIELDS * Float64Array.BYTES_PER_ELEMENT);
  const nowhere = {
    ...{ x: 0, gamma: 0, epsilon: 0, mean: 0, variance: 0, out: 0, partials: 0, factors: 0 },
    ...{ beta: 0, gradient: 0, gammaGradient: 0, betaGradient: 0 },
  };
  const blocksOf = (images: number, channels: number, area: number) => {
    const fields = { ...nowhere, images, channels, area };
    writeFields.channelSums(linearMemory.view(task, 'float64') as Float64Array, fields);
    expect(channelMapBlocks(task.pointer, 0, 0)).toBe(channelSumsBlocks(task.pointer, 0, 0));
    return channelSumsBlocks(task.pointer, 0, 0);
  };
  expect(blocksOf(1, 64, 224 * 224)).toBe(64);
  expect(blocksOf(1, 64, 1000)).toBe(4);
  expect(blocksOf(1, 100_000, 1)).toBe(49);
  expect(blocksOf(128, 4096, 1)).toBe(32);
  expect(blocksOf(0, 4, 9)).toBe(0);
  expect(blocksOf(4, 4, 0)).toBe(1);
  linearMemory.release(task);
});
