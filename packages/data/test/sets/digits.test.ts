import { createHash } from 'node:crypto';
import { ArgumentError, type ArrayDataset } from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digits, loadDataset } from '../../src/index.js';
import { glyphs } from '../../src/sets/digits/strokes.js';
import { softmaxRegression } from './softmax-regression.js';

const AREA = 28 * 28;

const hash = ({ inputs, labels }: ArrayDataset) =>
  createHash('sha256').update(inputs).update(Uint8Array.from(labels)).digest('hex');

const counts = ({ labels }: ArrayDataset) => {
  const frequency = new Array<number>(10).fill(0);
  for (const label of labels) frequency[label]!++;
  return frequency;
};

const imageAt = ({ inputs }: ArrayDataset, i: number) => Uint8Array.from(inputs.subarray(i * AREA, (i + 1) * AREA));

describe('digits', () => {
  test('has 6000 and 1000 balanced gray 28x28 images unless told otherwise', () => {
    const { name, train, test } = digits();
    expect(name).toBe('digits');
    for (const [split, count] of [[train, 6000] as const, [test, 1000] as const]) {
      expect(split).toMatchObject({ length: count, inputShape: [1, 28, 28], inputType: 'uint8', labelShape: [] });
      expect(split.inputs.length).toBe(count * AREA);
      expect(split.labels.length).toBe(count);
      expect(split.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
      expect(counts(split)).toEqual(new Array(10).fill(count / 10));
    }
  });

  test('has the same bytes everywhere and for ever', () => {
    const { train, test } = digits({ train: 100, test: 50, seed: 1 });
    expect(hash(train)).toBe('44d703ba8634f82b5360f6e1a315dc5fa746b194a9e4752a40d4e3efdb94f61b');
    expect(hash(test)).toBe('938e28efa7354ae5d9a90fca75543fbb8957c1706c6d7ad84935e08b31903ec7');
  });

  test('a larger data set begins with the smaller one, and every prefix is balanced', () => {
    const large = digits({ train: 60, test: 60, seed: 3 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }), (train, test) => {
        const small = digits({ train, test, seed: 3 });
        for (const split of ['train', 'test'] as const) {
          expect(hash(small[split])).toBe(hash(large[split].slice(0, small[split].length)));
          const frequency = counts(small[split]);
          expect(Math.max(...frequency) - Math.min(...frequency)).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('no two images are equal: not in a split, not across splits, not across seeds', () => {
    const sets = [digits({ train: 1000, test: 1000, seed: 0 }), digits({ train: 1000, test: 1000, seed: 1 })];
    const seen = new Set<string>();
    for (const { train, test } of sets) {
      for (const split of [train, test]) {
        for (let i = 0; i < split.length; i++) seen.add(createHash('sha256').update(imageAt(split, i)).digest('hex'));
      }
    }
    expect(seen.size).toBe(4000);
  });

  test('every image shows bright ink on a dark sheet, away from the border', () => {
    const { train } = digits({ train: 2000, test: 1, seed: 5 });
    let border = 0;
    for (let i = 0; i < train.length; i++) {
      const image = imageAt(train, i);
      const ink = image.reduce((sum, byte) => sum + (byte > 96 ? 1 : 0), 0);
      expect(ink).toBeGreaterThan(15);
      expect(ink).toBeLessThan(AREA / 2);
      expect(Math.max(...image)).toBeGreaterThan(150);
      for (let k = 0; k < 28; k++) {
        for (const pixel of [k, 27 * 28 + k, 28 * k, 28 * k + 27]) if (image[pixel]! > 96) border++;
      }
    }
    // A drawing that is larger than the sheet may touch the border, which is rare: of 112 pixels, one in 20 images.
    expect(border).toBeLessThan(train.length / 20);
  });

  test('the images of a digit vary: their mean is nowhere as bright as their ink, yet not without shape', () => {
    const { train } = digits({ train: 2000, test: 1, seed: 6 });
    for (let digit = 0; digit < 10; digit++) {
      const mean = new Float64Array(AREA);
      for (let i = 0; i < train.length; i++) {
        if (train.labels[i] !== digit) continue;
        const image = imageAt(train, i);
        for (let pixel = 0; pixel < AREA; pixel++) mean[pixel]! += image[pixel]! / 200;
      }
      expect(Math.max(...mean)).toBeLessThan(190);
      expect(Math.max(...mean)).toBeGreaterThan(60);
    }
  });

  test('is not solved by a linear classifier, which learns it all the same', () => {
    const { train, test } = digits({ train: 6000, test: 1000, seed: 0 });
    const fit = softmaxRegression(train, test, 15);
    expect(fit.train).toBeGreaterThan(0.9);
    expect(fit.bestTest).toBeGreaterThan(0.75);
    expect(fit.bestTest).toBeLessThan(0.9);
  });

  test('every digit has several ways of writing, on the sheet', () => {
    expect(glyphs.length).toBe(10);
    for (const glyph of glyphs.flat()) {
      for (const [x, y] of glyph.flat()) {
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x).toBeLessThanOrEqual(60);
        expect(y).toBeGreaterThanOrEqual(0);
        expect(y).toBeLessThanOrEqual(100);
      }
    }
    for (const variants of glyphs) expect(variants.length).toBeGreaterThanOrEqual(4);
  });

  test('is loaded by name with one seed for all, so that runs compare', async () => {
    const { train, test } = digits({ train: 20, test: 10, seed: 1 });
    expect(await loadDataset('digits', { train: 20, test: 10 })).toEqual({ name: 'digits', train, test });
  });

  test('refuses numbers out of range', () => {
    expect(() => digits({ train: -1 })).toThrow(ArgumentError);
    expect(() => digits({ test: 1.5 })).toThrow('digits: test must be an integer from 1 to 1000000, not 1.5');
    expect(() => digits({ train: 2e6 })).toThrow(ArgumentError);
    expect(() => digits({ train: 1, test: 1, seed: -1 })).toThrow(ArgumentError);
    expect(() => digits({ train: 0 })).toThrow(
      new ArgumentError('digits: train must be an integer from 1 to 1000000, not 0'),
    );
    expect(digits({ train: 1, test: 1 }).train.length).toBe(1);
  });
});
