import { ArgumentError, ArrayDataset, Generator, setSeed } from '@pnn/nn';
import { describe, expect, test } from 'vitest';
import { type AugmentationSpec, augmentationOf, augmentations, dataLoaders } from '../src/index.js';

const shapes = { images: [3, 8, 8], recordings: [2, 40], spectrograms: [1, 10, 20], rows: [7] } as const;

const every: AugmentationSpec[] = augmentations.entries().map(({ name, amount }) => ({ name, amount }));

/** Images [3,8,8] of two classes. */
function images(): ArrayDataset {
  const generator = new Generator(1, 'images');
  const inputs = Uint8Array.from({ length: 20 * 192 }, () => generator.integer(256));
  return new ArrayDataset({
    inputs,
    inputShape: [3, 8, 8],
    labels: new Int32Array(20).map((_, i) => i % 2),
    classes: 2,
  });
}

describe('augmentations', () => {
  test('each changes samples that it takes, and refuses those that it does not', () => {
    for (const { name, amount, refuses } of augmentations.entries()) {
      const taken = Object.values(shapes).filter((shape) => refuses(shape) === undefined);
      expect(taken.length, name).toBeGreaterThan(0);
      expect(refuses(shapes.rows), name).toBeDefined();
      for (const shape of taken) {
        const [transform] = augmentationOf([{ name, amount }], shape);
        const size = shape.reduce<number>((product, length) => product * length, 1);
        const values = Float32Array.from({ length: size }, (_, i) => (i % 17) / 17);
        const generator = new Generator(2, 'augmentation');
        let isChanged = false;
        for (let i = 0; i < 20 && !isChanged; i++) {
          const sample = values.slice();
          transform!(sample, shape, generator);
          expect(sample.every(Number.isFinite), name).toBe(true);
          isChanged = sample.some((value, k) => value !== values[k]);
        }
        // One channel has no colors.
        if (!(shape[0] === 1 && (name === 'saturation' || name === 'hue'))) expect(isChanged, name).toBe(true);
      }
    }
  });

  test('make the same batches for the same seed, also after going on in the middle of an epoch', () => {
    const loader = () => {
      setSeed(5);
      const augmentation = augmentationOf(every, shapes.images);
      return dataLoaders({ name: 'images', train: images(), test: images() }, { batchSize: 4, augmentation }).train;
    };
    const batches = (from: ReturnType<typeof loader>) =>
      Array.from(from, (batch) => {
        const values = batch.inputs.dataSync().slice();
        batch.dispose();
        return Buffer.from(values.buffer);
      });
    const whole = batches(loader());
    expect(Buffer.compare(Buffer.concat(batches(loader())), Buffer.concat(whole))).toBe(0);
    const interrupted = loader();
    let state = interrupted.state();
    for (const batch of interrupted) {
      batch.dispose();
      state = interrupted.state();
      if (state.position === 2) break;
    }
    const resumed = loader();
    resumed.restore(JSON.parse(JSON.stringify(state)));
    expect(Buffer.compare(Buffer.concat(batches(resumed)), Buffer.concat(whole.slice(2)))).toBe(0);
  });

  test('are refused by name, by amount and by shape', () => {
    expect(() => augmentationOf([{ name: 'shake', amount: 1 }], [1, 2, 2])).toThrow(
      /no augmentation is called 'shake'; there are crop, flip, /,
    );
    expect(() => augmentationOf([{ name: 'flip', amount: 2 }], [1, 2, 2])).toThrow(ArgumentError);
    expect(() => augmentationOf([{ name: 'crop', amount: 1.5 }], [1, 2, 2])).toThrow(ArgumentError);
    expect(() => augmentationOf([{ name: 'flip', amount: 0.5 }], [7])).toThrow(
      new ArgumentError('the augmentation flip changes images [C,H,W], not samples [7]'),
    );
  });
});
