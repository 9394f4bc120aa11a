import { Generator, ShapeError } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ArrayDataset,
  DataLoader,
  normalizeChannels,
  randomCrop,
  randomHorizontalFlip,
  type Transform,
} from '../src/data/index.js';

type Elements = Float32Array | Float64Array;

/** What an element becomes, of which everything is known. */
type PlainTransform = (
  at: (channel: number, row: number, column: number) => number | undefined,
  channel: number,
  row: number,
  column: number,
) => number;

interface Pair {
  readonly name: string;
  readonly fast: Transform;
  /** Draws what the transform draws and says how each element is computed. */
  readonly plain: (generator: Generator, width: number) => PlainTransform;
}

function crop(padding: number, fill: number): Pair {
  return {
    name: `crop ${padding} ${fill}`,
    fast: randomCrop(padding, fill),
    plain: (generator) => {
      const down = generator.integer(2 * padding + 1) - padding;
      const right = generator.integer(2 * padding + 1) - padding;
      return (at, channel, row, column) => at(channel, row - down, column - right) ?? fill;
    },
  };
}

function flip(probability: number): Pair {
  return {
    name: `flip ${probability}`,
    fast: randomHorizontalFlip(probability),
    plain: (generator, width) => {
      const flipped = generator.uniform() < probability;
      return (at, channel, row, column) => at(channel, row, flipped ? width - 1 - column : column)!;
    },
  };
}

function normalize(mean: readonly number[], std: readonly number[]): Pair {
  return {
    name: `normalize ${mean} ${std}`,
    fast: normalizeChannels(mean, std),
    plain: () => (at, channel, row, column) => (at(channel, row, column)! - mean[channel]!) / std[channel]!,
  };
}

/** A transform that the loader knows nothing of: it adds what it draws. */
const noise: Pair = {
  name: 'noise',
  fast: (sample, _, generator) => {
    const added = generator.uniform();
    for (let i = 0; i < sample.length; i++) sample[i]! += added;
  },
  plain: (generator) => {
    const added = generator.uniform();
    return (at, channel, row, column) => at(channel, row, column)! + added;
  },
};

/** The sample after the transforms, element by element in the order in which they are given. */
function plainly(
  sample: Elements,
  [channels, height, width]: readonly [number, number, number],
  pairs: readonly Pair[],
  generator: Generator,
): Elements {
  let before = sample;
  for (const { plain } of pairs) {
    const element = plain(generator, width);
    const source = before;
    const at = (channel: number, row: number, column: number) =>
      row >= 0 && row < height && column >= 0 && column < width
        ? source[(channel * height + row) * width + column]!
        : undefined;
    const after = source.slice();
    for (let i = 0; i < channels * height * width; i++) {
      after[i] = element(at, Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width);
    }
    before = after;
  }
  return before;
}

const shapes = fc.tuple(
  fc.constantFrom(1, 2, 3),
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 9 }),
) satisfies fc.Arbitrary<[number, number, number]>;

/** Transforms for samples of so many channels. */
function pairsOf(channels: number): fc.Arbitrary<Pair[]> {
  const numbers = (min: number, max: number) =>
    fc.array(fc.double({ min, max, noNaN: true }), { minLength: channels, maxLength: channels });
  return fc.array(
    fc.oneof(
      fc
        .tuple(fc.constantFrom(0, 1, 2, 4, 12), fc.double({ min: -2, max: 2, noNaN: true }))
        .map(([padding, fill]) => crop(padding, fill)),
      fc.constantFrom(0, 0.5, 1).map(flip),
      fc.tuple(numbers(-1, 1), numbers(0.01, 3)).map(([mean, std]) => normalize(mean, std)),
      fc.constant(noise),
    ),
    { maxLength: 5 },
  );
}

const cases = shapes.chain(([channels, height, width]) =>
  fc.record({
    shape: fc.constant([channels, height, width] as const),
    pairs: pairsOf(channels),
    seed: fc.nat(1000),
    type: fc.constantFrom('bytes', 'float32', 'float64'),
  }),
);

/** `count` numbers of the type; bytes that begin at an odd address. */
function drawn(type: string, count: number, generator: Generator): Uint8Array | Elements {
  if (type === 'bytes') return new Uint8Array(count + 1).subarray(1).map(() => generator.integer(256));
  const Elements = type === 'float32' ? Float32Array : Float64Array;
  return new Elements(count).map(() => generator.normal());
}

describe('transforms', () => {
  it.each([Float32Array, Float64Array])('do to a sample what their formulas say: %o', (Type) => {
    fc.assert(
      fc.property(cases, ({ shape, pairs, seed }) => {
        const size = shape[0] * shape[1] * shape[2];
        const sample = new Type(size).map((_, i) => Math.sin(i + seed));
        const [fast, plain] = [new Generator(seed), new Generator(seed)];
        const expected = plainly(sample, shape, pairs, plain);
        for (const pair of pairs) pair.fast(sample, shape, fast);
        expect(sample).toEqual(expected);
        expect(fast.state()).toEqual(plain.state());
      }),
    );
  });

  it('have the same bits in a loader, whatever it puts together', () => {
    fc.assert(
      fc.property(cases, fc.boolean(), ({ shape, pairs, seed, type }, planes) => {
        const size = shape[0] * shape[1] * shape[2];
        const inputs = drawn(type, 5 * size, new Generator(seed));
        const dataset = new ArrayDataset({
          inputs,
          // A single channel may be left out of the shape.
          inputShape: planes && shape[0] === 1 ? shape.slice(1) : shape,
          labels: new Int32Array(5),
        });
        const transforms = pairs.map(({ fast }) => fast);
        const augmentationGenerator = new Generator(seed + 1);
        const plain = new Generator(seed + 1);
        const loader = new DataLoader(dataset, { batchSize: 2, transforms, augmentationGenerator });
        for (using batch of loader) {
          const samples = Array.from(batch.indices, (index) => {
            const raw = inputs.slice(index * size, (index + 1) * size);
            if (!(raw instanceof Uint8Array)) return [...plainly(raw, shape, pairs, plain)];
            // Bytes are rounded once, before the first transform that the loader knows nothing of.
            const end = pairs.includes(noise) ? pairs.indexOf(noise) : pairs.length;
            const precise = Float64Array.from(raw, (byte) => byte / 255);
            const rounded = Float32Array.from(plainly(precise, shape, pairs.slice(0, end), plain));
            return [...plainly(rounded, shape, pairs.slice(end), plain)];
          });
          expect([...batch.inputs.dataSync()]).toEqual(samples.flat());
        }
        expect(augmentationGenerator.state()).toEqual(plain.state());
      }),
      { numRuns: 300 },
    );
  });

  it('make of every byte the float32 nearest to (byte/255 − mean)/std', () => {
    const positive = fc.double({ min: 1e-3, max: 10, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: -2, max: 2, noNaN: true }), positive), { minLength: 1 }),
        (all) => {
          const [mean, std] = [all.map(([each]) => each), all.map(([, each]) => each)];
          const inputs = Uint8Array.from({ length: 256 * all.length }, (_, i) => i);
          const transforms = [normalizeChannels(mean, std)];
          const dataset = new ArrayDataset({ inputs, inputShape: [all.length, 16, 16], labels: new Int32Array(1) });
          for (using batch of new DataLoader(dataset, { batchSize: 1, transforms })) {
            const expected = Float32Array.from(inputs, (byte, i) => {
              const channel = i >> 8;
              return Math.fround((byte / 255 - mean[channel]!) / std[channel]!);
            });
            expect(batch.inputs.dataSync()).toEqual(expected);
          }
        },
      ),
    );
  });

  it.each([
    ['an image', [2, 3, 2]],
    ['a recording', [2, 6]],
    ['a row of features', [2]],
    ['a volume', [2, 2, 3, 1]],
  ])('normalize the first axis of %s', (_, inputShape) => {
    const [mean, std] = [
      [0.25, 0.5],
      [2, 0.125],
    ] as const;
    const size = inputShape.reduce((product, length) => product * length);
    for (const type of ['bytes', 'float32', 'float64']) {
      const inputs = drawn(type, 3 * size, new Generator(4));
      const dataset = new ArrayDataset({ inputs, inputShape, labels: new Int32Array(3) });
      for (using batch of new DataLoader(dataset, { batchSize: 3, transforms: [normalizeChannels(mean, std)] })) {
        const expected = Array.from(inputs, (raw, i) => {
          const channel = Math.floor((i % size) / (size / 2));
          const value = ((type === 'bytes' ? raw / 255 : raw) - mean[channel]!) / std[channel]!;
          return type === 'float64' ? value : Math.fround(value);
        });
        expect(batch.inputs.shape).toEqual([3, ...inputShape]);
        expect([...batch.inputs.dataSync()]).toEqual(expected);
      }
    }
  });

  it('normalize [H,W] by one mean, or by one for each row, which a move before it may not change', () => {
    const inputs = Uint8Array.of(0, 255, 51, 102);
    const batchOf = (transforms: Transform[]) => {
      const dataset = new ArrayDataset({ inputs, inputShape: [2, 2], labels: new Int32Array(1) });
      const [batch] = new DataLoader(dataset, { batchSize: 1, transforms });
      using read = batch!;
      return [...read.inputs.dataSync()];
    };
    expect(batchOf([normalizeChannels([1], [0.5])])).toEqual([-2, 0, -1.6, -1.2].map(Math.fround));
    const rows = normalizeChannels([0, 1], [1, 1]);
    expect(batchOf([rows])).toEqual([0, 1, -0.8, -0.6].map(Math.fround));
    // With this seed the crop moves the image down by one row.
    const downwards = (transforms: Transform[], seed: number) => {
      const dataset = new ArrayDataset({ inputs, inputShape: [2, 2], labels: new Int32Array(1) });
      const augmentationGenerator = new Generator(seed);
      const [batch] = new DataLoader(dataset, { batchSize: 1, transforms, augmentationGenerator });
      using read = batch!;
      return [...read.inputs.dataSync()];
    };
    const seed = Array.from({ length: 100 }, (_, each) => each).find(
      (each) => String(downwards([randomCrop(1)], each)) === '0,0,0,1',
    )!;
    expect(downwards([randomCrop(1), rows], seed)).toEqual([0, 0, -1, 0]);
    expect(downwards([rows, randomCrop(1)], seed)).toEqual([0, 0, 0, 1]);
  });

  it.each([
    ['bytes', new Uint8Array(12)],
    ['float32', new Float32Array(12)],
  ])('refuse samples of %s that they do not fit, in a loader too', (_, inputs) => {
    const iterate = (inputShape: readonly number[]) => () => {
      const dataset = new ArrayDataset({ inputs, inputShape, labels: new Int32Array(1) });
      const transforms = [randomCrop(1), normalizeChannels([0], [1])];
      for (using batch of new DataLoader(dataset, { batchSize: 1, transforms })) expect(batch).toBeUndefined();
    };
    expect(iterate([12])).toThrow(new ShapeError('randomCrop: a sample [12] is no image: it must be [C,H,W] or [H,W]'));
    const fits = 'one each is needed';
    expect(iterate([3, 2, 2])).toThrow(`normalizeChannels: 1 means for a sample of 3 channels, [3,2,2]: ${fits}`);
    const make = (inputShape: readonly number[], mean: readonly number[]) => () => {
      const dataset = new ArrayDataset({ inputs, inputShape, labels: new Int32Array(1) });
      return new DataLoader(dataset, { batchSize: 1, transforms: [normalizeChannels(mean, mean)] });
    };
    expect(make([12], [1])).toThrow(
      new ShapeError(`normalizeChannels: 1 means for a sample of 12 channels, [12]: ${fits}`),
    );
    expect(make([6, 2], [1, 2])).toThrow(`2 means for a sample of 6 channels, [6,2]: ${fits}`);
  });
});
