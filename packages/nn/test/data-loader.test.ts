import { ArgumentError, Generator, memory, ShapeError, scope, setSeed } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ArrayDataset,
  type ArrayDatasetContent,
  DataLoader,
  type DataLoaderOptions,
  type Dataset,
  normalizeChannels,
  randomAffine,
  randomCrop,
  randomHorizontalFlip,
  type Transform,
} from '../src/data/index.js';

/** Samples [2,3,3] of their index plus a pattern, with twice the index as the label. */
function numbered(count: number): ArrayDataset {
  const inputs = Float32Array.from({ length: count * 18 }, (_, i) => Math.floor(i / 18) + (i % 9) / 16);
  const labels = Int32Array.from({ length: count }, (_, i) => 2 * i);
  return new ArrayDataset({ inputs, inputShape: [2, 3, 3], labels });
}

interface ReadBatch {
  readonly shape: readonly number[];
  readonly inputs: readonly number[];
  readonly labels: readonly number[];
  readonly indices: readonly number[];
}

/** Hands every batch of an epoch to `visit` as plain numbers, until that says stop. */
function read(loader: DataLoader, visit: (batch: ReadBatch) => 'stop' | undefined): void {
  for (const batch of loader) {
    const { inputs, labels, indices } = batch;
    const plain = {
      shape: inputs.shape,
      inputs: Array.from(inputs.dataSync()),
      labels: Array.from(labels.dataSync()),
      indices: Array.from(indices),
    };
    batch.dispose();
    if (visit(plain) === 'stop') break;
  }
}

function epochOf(loader: DataLoader): ReadBatch[] {
  const batches: ReadBatch[] = [];
  read(loader, (batch) => {
    batches.push(batch);
    return undefined;
  });
  return batches;
}

const sizes = fc.record({ count: fc.integer({ min: 1, max: 23 }), batchSize: fc.integer({ min: 1, max: 9 }) });

describe('DataLoader', () => {
  it('hands out every sample once an epoch, with its own label', () => {
    fc.assert(
      fc.property(sizes, fc.boolean(), fc.nat(), ({ count, batchSize }, shuffle, seed) => {
        const dataset = numbered(count);
        const loader = new DataLoader(dataset, { batchSize, shuffle, generator: new Generator(seed) });
        for (let epoch = 0; epoch < 2; epoch++) {
          const batches = epochOf(loader);
          expect(batches.length).toBe(loader.length);
          expect(loader.length).toBe(Math.ceil(count / batchSize));
          const indices = batches.flatMap((batch) => batch.indices);
          expect(indices.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
          batches.forEach((batch, i) => {
            const rows = i === loader.length - 1 ? count - i * batchSize : batchSize;
            expect(batch.shape).toEqual([rows, 2, 3, 3]);
            expect(batch.labels).toEqual(batch.indices.map((index) => 2 * index));
            const samples = batch.indices.flatMap((index) =>
              Array.from(dataset.inputs.subarray(18 * index, 18 * (index + 1))),
            );
            expect(batch.inputs).toEqual(samples);
          });
          if (!shuffle) expect(indices).toEqual(indices.toSorted((a, b) => a - b));
        }
      }),
    );
  });

  it('leaves an incomplete last batch out where that is asked for', () => {
    fc.assert(
      fc.property(sizes, ({ count, batchSize }) => {
        const make = () => new DataLoader(numbered(count), { batchSize, dropLast: true });
        if (count < batchSize) {
          expect(make).toThrow(`${count} samples do not fill one batch of ${batchSize}`);
          return;
        }
        const loader = make();
        expect(loader.length).toBe(Math.floor(count / batchSize));
        expect(epochOf(loader).map(({ shape }) => shape[0])).toEqual(new Array(loader.length).fill(batchSize));
      }),
    );
  });

  it('has another order every epoch, and the same ones for the same seed', () => {
    const orders = (seed: number) => {
      setSeed(seed);
      const loader = new DataLoader(numbered(20), { batchSize: 20, shuffle: true });
      return [0, 1, 2].map(() => epochOf(loader)[0]!.indices);
    };
    const found = orders(7);
    expect(orders(7)).toEqual(found);
    expect(new Set([...found, ...orders(8)].map(String)).size).toBe(6);
    setSeed(0);
  });

  it('resumes bit for bit from any place, augmentation included', () => {
    const transforms: () => Transform[] = () => [
      randomCrop(1),
      randomHorizontalFlip(),
      randomAffine({ degrees: 10, translate: 0.5 }),
    ];
    fc.assert(
      fc.property(sizes, fc.nat(40), fc.nat(1000), ({ count, batchSize }, done, seed) => {
        const make = (from: number): DataLoader => {
          setSeed(from);
          return new DataLoader(numbered(count), { batchSize, shuffle: true, transforms: transforms() });
        };
        const loader = make(seed);
        let left = done;
        let state = loader.state();
        while (left > 0) {
          read(loader, () => {
            left--;
            state = loader.state();
            return left === 0 ? 'stop' : undefined;
          });
        }
        const stored = JSON.parse(JSON.stringify(state));
        const resumed = make(seed + 1);
        read(resumed, () => 'stop');
        resumed.restore(stored);
        expect(resumed.state()).toEqual(state);
        loader.restore(stored);
        const rest = epochOf(resumed);
        expect(rest.length).toBe(loader.length - state.position);

        const uninterrupted = make(seed);
        const all: ReadBatch[] = [];
        while (all.length < done + rest.length + loader.length) all.push(...epochOf(uninterrupted));
        expect(rest).toEqual(all.slice(done, done + rest.length));
        expect(epochOf(resumed)).toEqual(all.slice(done + rest.length, done + rest.length + loader.length));
        expect(epochOf(loader)).toEqual(rest);
      }),
    );
    setSeed(0);
  });

  it('begins a new epoch after an iteration that was broken off', () => {
    const loader = new DataLoader(numbered(6), { batchSize: 2 });
    read(loader, () => 'stop');
    expect(epochOf(loader).length).toBe(3);
    expect(loader.state().position).toBe(0);
  });

  it('refuses to go on with an iteration after another has begun', () => {
    const loader = new DataLoader(numbered(6), { batchSize: 2 });
    const first = loader[Symbol.iterator]();
    first.next().value?.dispose();
    const second = loader[Symbol.iterator]();
    second.next().value?.dispose();
    expect(() => first.next()).toThrow('DataLoader: another iteration has begun');
    expect(Array.from(second.next().value!.indices)).toEqual([2, 3]);
  });

  it('gives the tensors to the caller and keeps none', () => {
    const loader = new DataLoader(numbered(10), { batchSize: 4, shuffle: true });
    const before = memory();
    const [first] = loader;
    const kept = Array.from(first!.inputs.dataSync());
    epochOf(loader);
    expect(Array.from(first!.inputs.dataSync())).toEqual(kept);
    expect(first!.size).toBe(4);
    first!.dispose();
    expect(memory()).toEqual(before);
    for (using batch of loader) expect([batch.size > 0, memory().tensors - before.tensors]).toEqual([true, 2]);
    expect(memory()).toEqual(before);
    scope(() => expect([...loader].length).toBe(3));
    expect(memory()).toEqual(before);
  });

  it('makes tensors of the type of the data, and numbers from 0 to 1 of bytes', () => {
    const first = (content: ArrayDatasetContent) =>
      scope(() => {
        const [batch] = new DataLoader(new ArrayDataset(content), { batchSize: 2 });
        const { inputs, labels } = batch!;
        return [inputs.dtype, inputs.shape, [...inputs.dataSync()], labels.dtype, labels.shape, [...labels.dataSync()]];
      });
    expect(
      first({ inputs: Uint8Array.of(0, 51, 255, 102), inputShape: [2], labels: Int32Array.of(1, 0), classes: 2 }),
    ).toEqual(['float32', [2, 2], [0, 0.2, 1, 0.4].map(Math.fround), 'int32', [2], [1, 0]]);
    expect(
      first({
        inputs: Float64Array.of(0.1, 0.2),
        inputShape: [],
        labels: Float64Array.of(1, 2, 3, 4),
        labelShape: [2],
      }),
    ).toEqual(['float64', [2], [0.1, 0.2], 'float64', [2, 2], [1, 2, 3, 4]]);
    expect(first({ inputs: Float32Array.of(1), inputShape: [1, 1], labels: Float32Array.of(0.5) })).toEqual([
      'float32',
      [1, 1, 1],
      [1],
      'float32',
      [1],
      [0.5],
    ]);
  });

  it('reads any data set, a batch at a time', () => {
    /** Windows of 4 samples of a recording of two channels, with the next sample of the first as the label. */
    class Windows implements Dataset<'float32', 'float64'> {
      readonly inputShape = [2, 4];
      readonly inputType = 'float32';
      readonly labelShape = [];
      readonly labelType = 'float64';
      readonly asked: number[] = [];

      constructor(readonly length: number) {}

      read(indices: ArrayLike<number>, inputs: Float32Array, labels: Float64Array): void {
        expect([inputs.length, labels.length]).toEqual([8 * indices.length, indices.length]);
        this.asked.push(indices.length);
        for (let row = 0; row < indices.length; row++) {
          for (let i = 0; i < 8; i++) inputs[8 * row + i] = 100 * (i >> 2) + indices[row]! + (i & 3);
          labels[row] = indices[row]! + 4;
        }
      }
    }
    const dataset = new Windows(5);
    const batches = epochOf(
      new DataLoader(dataset, { batchSize: 2, transforms: [normalizeChannels([0, 100], [1, 2])] }),
    );
    expect(dataset.asked).toEqual([2, 2, 1]);
    expect(batches.map(({ shape }) => shape)).toEqual([
      [2, 2, 4],
      [2, 2, 4],
      [1, 2, 4],
    ]);
    expect(batches[1]!.inputs).toEqual([2, 3, 4, 5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 1.5, 2, 2.5, 3]);
    expect(batches.flatMap(({ labels }) => labels)).toEqual([4, 5, 6, 7, 8]);
    expect(() => new DataLoader(new Windows(0), { batchSize: 2 })).toThrow(
      'the length of the data set must be an integer above 0, not 0',
    );
    const of = (type: object) => () => new DataLoader(Object.assign(new Windows(5), type), { batchSize: 2 });
    expect(of({ inputType: 'bool' })).toThrow(
      new ArgumentError('DataLoader: inputType of the data set must be uint8, int32, float32 or float64, not bool'),
    );
    expect(of({ labelType: 'uint8' })).toThrow(
      new ArgumentError('DataLoader: labelType of the data set must be int32, float32 or float64, not uint8'),
    );
  });

  it('hands out indices as they are', () => {
    const inputs = Int32Array.of(1, -2, 2 ** 31 - 1, 16_777_217, 5, 0);
    const dataset = new ArrayDataset({ inputs, inputShape: [2], labels: Int32Array.of(0, 1, 2) });
    expect(dataset.inputType).toBe('int32');
    expect(dataset.slice(1, 2).inputType).toBe('int32');
    const batches = [...new DataLoader(dataset, { batchSize: 2 })].map(({ inputs, labels }) => {
      expect([inputs.dtype, labels.dtype]).toEqual(['int32', 'int32']);
      return [inputs.shape, [...inputs.dataSync()]];
    });
    expect(batches).toEqual([
      [[2, 2], [...inputs.subarray(0, 4)]],
      [
        [1, 2],
        [5, 0],
      ],
    ]);
    expect(() => new DataLoader(dataset, { batchSize: 2, transforms: [normalizeChannels([0, 0], [1, 1])] })).toThrow(
      new ArgumentError('DataLoader: inputs are int32: transforms change floats only'),
    );
  });

  it('refuses options and states that do not fit', () => {
    const dataset = numbered(6);
    for (const batchSize of [0, 1.5, Number.NaN]) {
      expect(() => new DataLoader(dataset, { batchSize })).toThrow(ArgumentError);
    }
    const loader = new DataLoader(dataset, { batchSize: 2 });
    const state = loader.state();
    expect(() => new DataLoader(numbered(7), { batchSize: 2 }).restore(state)).toThrow(
      'the state is that of 6 samples',
    );
    expect(() => new DataLoader(dataset, { batchSize: 3 }).restore(state)).toThrow('in batches of 2, not of 6');
    expect(() => loader.restore({ ...state, position: 4 })).toThrow('position must be an integer from 0 to 3, not 4');
    const broken = {
      ...state,
      shuffle: { ...state.shuffle, position: 8 },
      augmentation: { ...state.augmentation, position: -1 },
    };
    expect(() => loader.restore(broken)).toThrow(ArgumentError);
    expect(loader.state()).toEqual(state);
  });
});

describe('ArrayDataset', () => {
  const labels = Int32Array.of(0, 1, 2);
  const inputs = new Float32Array(6);
  const good: ArrayDatasetContent = { inputs, inputShape: [2], labels, classes: 3 };
  const wrongNumbers = (value: number) => Float32Array.of(0, 0, 0, value, 0, 0);

  it('counts its samples', () => expect(new ArrayDataset(good).length).toBe(3));

  it('says what it holds', () => {
    const { inputType, labelType, labelShape, classes } = new ArrayDataset(good);
    expect([inputType, labelType, labelShape, classes]).toEqual(['float32', 'int32', [], ['0', '1', '2']]);
    const named = new ArrayDataset({ ...good, inputs: new Uint8Array(6), classes: ['a', 'b', 'c'] });
    expect([named.inputType, named.classes]).toEqual(['uint8', ['a', 'b', 'c']]);
    const plain = { inputs: new Float64Array(6), inputShape: [2], labels: new Float64Array(3) };
    const { inputType: input, labelType: label, classes: none } = new ArrayDataset(plain);
    expect([input, label, none]).toEqual(['float64', 'float64', undefined]);
  });

  it('takes the one label beyond the classes that losses ignore', () => {
    const { inputShape } = good;
    for (const ignoreIndex of [255, -100]) {
      const some = Int32Array.of(0, ignoreIndex, 2);
      const dataset = new ArrayDataset({ inputs, inputShape, labels: some, classes: 3, ignoreIndex });
      expect(dataset.slice(1, 2).ignoreIndex).toBe(ignoreIndex);
      expect(() => new ArrayDataset({ inputs, inputShape, labels: some, classes: 3, ignoreIndex: 254 })).toThrow(
        `the label of sample 1 is ${ignoreIndex}: it must be from 0 to 2, or the ignoreIndex`,
      );
      new ArrayDataset({ inputs, inputShape, labels: some, ignoreIndex });
    }
    expect(() => new ArrayDataset({ ...good, ignoreIndex: 0.5 })).toThrow('ignoreIndex must be an integer, not 0.5');
  });

  it('reads what it is asked for, and refuses what it does not have', () => {
    const dataset = new ArrayDataset({ ...good, inputs: Float32Array.of(1, 2, 3, 4, 5, 6) });
    const [into, classes] = [new Float32Array(6), new Int32Array(3)];
    dataset.read([2, 0, 2], into, classes);
    expect([[...into], [...classes]]).toEqual([
      [5, 6, 1, 2, 5, 6],
      [2, 0, 2],
    ]);
    for (const index of [3, -1, 0.5, Number.NaN]) {
      expect(() => dataset.read([0, index, 1], into, classes)).toThrow(
        new ArgumentError(`ArrayDataset.read: sample ${index} is none of the 3 that there are`),
      );
    }
    expect(() => dataset.read([0], into, classes)).toThrow(
      new ShapeError('ArrayDataset.read: 1 rows of 2 elements do not fill an array of 6'),
    );
  });

  it('is cut into views of the same memory', () => {
    const labeled = { inputs: Uint8Array.from({ length: 12 }, (_, i) => i), inputShape: [2, 1], labelShape: [3] };
    const content = {
      ...labeled,
      labels: Int32Array.from({ length: 18 }, (_, i) => i % 4),
      classes: ['a', 'b', 'c', 'd'],
    };
    const whole = new ArrayDataset(content);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 6 }), (from, count) => {
        fc.pre(from + count <= 6);
        const part = whole.slice(from, from + count);
        expect([part.length, part.inputShape, part.labelShape]).toEqual([count, [2, 1], [3]]);
        expect(part.classes).toEqual(content.classes);
        expect(part.inputs.buffer).toBe(content.inputs.buffer);
        expect([...part.inputs]).toEqual([...content.inputs.subarray(2 * from, 2 * (from + count))]);
        expect([...part.labels]).toEqual([...content.labels.subarray(3 * from, 3 * (from + count))]);
      }),
    );
    for (const [start, end] of [
      [-1, 2],
      [2, 2],
      [3, 2],
      [0, 7],
      [0.5, 2],
      [0, Number.NaN],
    ] as const) {
      expect(() => whole.slice(start, end)).toThrow(ArgumentError);
      expect(() => whole.slice(start, end)).toThrow(`ArrayDataset.slice: ${start} to ${end} is no range of samples`);
    }
    const unchecked = new ArrayDataset({ ...good, inputs: wrongNumbers(Number.NaN), checkFinite: false });
    expect(unchecked.slice(1, 2).length).toBe(1);
  });

  it('names the sample that is not finite', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const content = { ...good, inputs: wrongNumbers(value) };
      expect(() => new ArrayDataset(content)).toThrow(ArgumentError);
      expect(() => new ArrayDataset(content)).toThrow(`inputs of sample 1 hold ${value} at element 1`);
      expect(new ArrayDataset({ ...content, checkFinite: false }).length).toBe(3);
    }
    const targets = Float64Array.of(0, 0, Number.NaN);
    expect(() => new ArrayDataset({ inputs, inputShape: [2], labels: targets })).toThrow('labels of sample 2 hold NaN');
  });

  const wrong: readonly (readonly [string, Partial<ArrayDatasetContent>, new (message: string) => Error])[] = [
    ['the label of sample 1 is 3: it must be from 0 to 2', { labels: Int32Array.of(0, 3, 9) }, ArgumentError],
    ['the label of sample 2 is -1', { labels: Int32Array.of(0, 1, -1) }, ArgumentError],
    ['6 elements of inputs are no whole number of samples [4]', { inputShape: [4] }, ShapeError],
    ['6 elements of inputs are no whole number of samples [0]', { inputShape: [0] }, ShapeError],
    ['6 elements of inputs are no whole number of samples [-2]', { inputShape: [-2] }, ShapeError],
    ['3 elements of labels are no whole number of samples [2]', { labelShape: [2] }, ShapeError],
    ['2 inputs, but 3 labels', { inputShape: [3] }, ShapeError],
    ['there is no sample', { inputs: new Float32Array(), labels: new Int32Array() }, ArgumentError],
    ['classes must be an integer above 0, not 0', { classes: 0 }, ArgumentError],
    ['classes must be one name or more, not []', { classes: [] }, ArgumentError],
    ['the label of sample 2 is 2: it must be from 0 to 1', { classes: ['a', 'b'] }, ArgumentError],
  ];
  it.each(wrong)('says: %s', (message, change, type) => {
    expect(() => new ArrayDataset({ ...good, ...change })).toThrow(type);
    expect(() => new ArrayDataset({ ...good, ...change })).toThrow(message);
  });
});

const images = fc
  .record({
    channels: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 6 }),
    width: fc.integer({ min: 1, max: 6 }),
    seed: fc.nat(1000),
  })
  .map(({ channels, height, width, seed }) => ({
    shape: [channels, height, width] as const,
    seed,
    pixels: Float32Array.from({ length: channels * height * width }, (_, i) => i + 1),
  }));

function applied(transform: Transform, pixels: Float32Array, shape: readonly number[], seed: number): Float32Array {
  const sample = pixels.slice();
  transform(sample, shape, new Generator(seed));
  return sample;
}

describe('transforms', () => {
  it('randomHorizontalFlip mirrors rows', () => {
    fc.assert(
      fc.property(images, ({ pixels, shape: [channels, height, width], seed }) => {
        const shape = [channels, height, width];
        const mirrored = pixels.map((_, i) => pixels[i - (i % width) + (width - 1 - (i % width))]!);
        expect(applied(randomHorizontalFlip(1), pixels, shape, seed)).toEqual(mirrored);
        expect(applied(randomHorizontalFlip(0), pixels, shape, seed)).toEqual(pixels);
      }),
    );
  });

  it('randomHorizontalFlip mirrors with the given probability', () => {
    const generator = new Generator(5);
    const flip = randomHorizontalFlip(0.25);
    let flipped = 0;
    for (let i = 0; i < 4000; i++) {
      const sample = Float32Array.of(0, 1);
      flip(sample, [1, 2], generator);
      flipped += sample[0]!;
    }
    // Four standard deviations of the binomial distribution: 4·√(4000·0.25·0.75) = 110.
    expect(Math.abs(flipped - 1000)).toBeLessThan(110);
  });

  it('randomCrop moves the image within the padding, every place being reached', () => {
    const [height, width, padding] = [3, 4, 2];
    const pixels = Float32Array.from({ length: 2 * height * width }, (_, i) => i + 1);
    const moved = (down: number, right: number) =>
      pixels.map((_, i) => {
        const row = (Math.floor(i / width) % height) - down;
        const column = (i % width) - right;
        const inside = row >= 0 && row < height && column >= 0 && column < width;
        return inside ? pixels[i - down * width - right]! : -1;
      });
    const places = new Map<string, number>();
    for (let down = -padding; down <= padding; down++) {
      for (let right = -padding; right <= padding; right++) places.set(String(moved(down, right)), 0);
    }
    expect(places.size).toBe(25);
    const crop = randomCrop(padding, -1);
    for (let seed = 0; seed < 500; seed++) {
      const found = String(applied(crop, pixels, [2, height, width], seed));
      expect(places.has(found)).toBe(true);
      places.set(found, places.get(found)! + 1);
    }
    expect(Math.min(...places.values())).toBeGreaterThan(0);
  });

  it('randomCrop by more than the image leaves the border alone', () => {
    const crop = randomCrop(50);
    const found = new Set(
      Array.from({ length: 50 }, (_, seed) => String(applied(crop, Float32Array.of(1, 2), [1, 2], seed))),
    );
    expect(found.has('0,0')).toBe(true);
  });

  it('normalizeChannels subtracts means and divides by deviations', () => {
    fc.assert(
      fc.property(images, ({ pixels, shape: [channels, height, width], seed }) => {
        const mean = [1, 2, 4].slice(0, channels);
        const std = [2, 0.5, 8].slice(0, channels);
        const expected = pixels.map((value, i) => {
          const channel = Math.floor(i / (height * width));
          return (value - mean[channel]!) / std[channel]!;
        });
        expect(applied(normalizeChannels(mean, std), pixels, [channels, height, width], seed)).toEqual(expected);
      }),
    );
    expect(() => applied(normalizeChannels([1], [1]), new Float32Array(2), [2, 1, 1], 0)).toThrow(ShapeError);
  });

  it('randomAffine without a range changes nothing', () => {
    fc.assert(
      fc.property(images, ({ pixels, shape, seed }) => {
        expect(applied(randomAffine({}), pixels, shape, seed)).toEqual(pixels);
      }),
    );
  });

  it('randomAffine turns, enlarges and moves about the center, within its ranges', () => {
    // Channels that hold the column, the row and 1: afterwards they tell where every pixel came from.
    const size = 21;
    const area = size * size;
    const center = (size - 1) / 2;
    const coordinates = new Float64Array(3 * area);
    for (let i = 0; i < area; i++) {
      coordinates[i] = i % size;
      coordinates[area + i] = Math.floor(i / size);
      coordinates[2 * area + i] = 1;
    }
    const limits = { degrees: 20, translate: 3, scale: 0.2 };
    const seen = { angle: 0, size: 0, right: 0, down: 0 };
    for (let seed = 0; seed < 200; seed++) {
      const sample = coordinates.slice();
      randomAffine(limits)(sample, [3, size, size], new Generator(seed));
      const at = (row: number, column: number) => {
        const i = row * size + column;
        return { x: sample[i]!, y: sample[area + i]!, inside: sample[2 * area + i]! > 1 - 1e-9 };
      };
      const [middle, next] = [at(center, center), at(center, center + 1)];
      expect(middle.inside && next.inside).toBe(true);
      const [cosine, sine] = [next.x - middle.x, middle.y - next.y];
      const factor = 1 / Math.hypot(cosine, sine);
      const angle = Math.atan2(sine, cosine);
      // out = center + move + factor·R(angle)·(in − center), R turning by the angle in pixel coordinates (y down).
      const forward = (x: number, y: number) => ({
        x: factor * (Math.cos(angle) * (x - center) - Math.sin(angle) * (y - center)),
        y: factor * (Math.sin(angle) * (x - center) + Math.cos(angle) * (y - center)),
      });
      const origin = forward(middle.x, middle.y);
      const [right, down] = [-origin.x, -origin.y];
      expect(Math.abs(angle)).toBeLessThanOrEqual((20 / 180) * Math.PI + 1e-9);
      expect(Math.abs(factor - 1)).toBeLessThanOrEqual(0.2 + 1e-9);
      expect(Math.max(Math.abs(right), Math.abs(down))).toBeLessThanOrEqual(3 + 1e-9);
      for (let row = 0; row < size; row++) {
        for (let column = 0; column < size; column++) {
          const { x, y, inside } = at(row, column);
          if (!inside) continue;
          const there = forward(x, y);
          expect(Math.hypot(there.x + center + right - column, there.y + center + down - row)).toBeLessThan(1e-9);
        }
      }
      seen.angle = Math.max(seen.angle, Math.abs(angle));
      seen.size = Math.max(seen.size, Math.abs(factor - 1));
      seen.right = Math.max(seen.right, Math.abs(right));
      seen.down = Math.max(seen.down, Math.abs(down));
    }
    expect(seen.angle).toBeGreaterThan((15 / 180) * Math.PI);
    expect(seen.size).toBeGreaterThan(0.15);
    expect(Math.min(seen.right, seen.down)).toBeGreaterThan(2.5);
  });

  it('randomAffine fills what comes from outside', () => {
    const filled = applied(randomAffine({ translate: 1000, fill: 7 }), Float32Array.of(1, 2), [1, 2], 1);
    expect(filled).toEqual(Float32Array.of(7, 7));
  });

  it('refuse what is no image, and options out of range', () => {
    const makers: readonly Transform[] = [randomCrop(1), randomHorizontalFlip(), randomAffine({})];
    for (const transform of makers) {
      expect(() => applied(transform, Float32Array.of(1), [1], 0)).toThrow(ShapeError);
      expect(() => applied(transform, Float32Array.of(1), [1], 0)).toThrow('it must be [C,H,W] or [H,W]');
    }
    const wrong: readonly (() => Transform)[] = [
      () => randomCrop(-1),
      () => randomCrop(1, Number.NaN),
      () => randomHorizontalFlip(1.5),
      () => randomAffine({ degrees: -1 }),
      () => randomAffine({ translate: Number.NaN }),
      () => randomAffine({ scale: 1 }),
      () => normalizeChannels([0], [0]),
      () => normalizeChannels([0, 1], [1]),
      () => normalizeChannels([Number.NaN], [1]),
    ];
    for (const make of wrong) expect(make).toThrow(ArgumentError);
  });

  it('are part of a loader, in their order', () => {
    const dataset = numbered(1);
    const options: DataLoaderOptions = {
      batchSize: 1,
      transforms: [normalizeChannels([1, 1], [2, 2]), (sample) => sample.set(sample.map((value) => value * value))],
    };
    const [batch] = epochOf(new DataLoader(dataset, options));
    expect(batch!.inputs).toEqual(Array.from(dataset.inputs, (value) => Math.fround(((value - 1) / 2) ** 2)));
  });
});
