import { full, reference, type Tensor, tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type OpenedDevice, openDevice } from '../../src/devices/webgpu/device.js';
import { missing } from './adapter.js';

/** Integers, whose sums are exact in every order, with the extremes somewhere among them, each twice. */
function integers(size: number): Float32Array {
  const values = Float32Array.from({ length: size }, (_, i) => ((i * 7919) % 127) - 63);
  for (const place of [0.31, 0.83]) {
    values[Math.floor(size * place)] = 99;
    values[Math.floor(size * place) + 1] = -99;
  }
  return values;
}

/** [outer, length, inner], and which kernel it takes. */
const layouts = [
  ['one row of whole vectors', [1, 64, 1]],
  ['one row that ends within a vector', [1, 67, 1]],
  ['one row in parts that ends within a vector', [1, 4195, 1]],
  ['rows of whole vectors', [3, 68, 1]],
  ['rows of single elements', [3, 67, 1]],
  ['rows in parts', [2, 4196, 1]],
  ['rows in parts, of single elements', [2, 2051, 1]],
  ['short rows', [5, 7, 1]],
  ['columns', [2, 9, 3]],
  ['columns side by side', [2, 9, 8]],
  ['columns in parts', [2, 67, 3]],
  ['columns side by side, in parts', [2, 67, 8]],
] as const;

describe.skipIf(missing).each([
  ['those of GPUs', false],
  ['those of processors', true],
])('reductions take every kernel: %s', (_, isSoftware) => {
  let opened: OpenedDevice;
  beforeAll(async () => {
    opened = await openDevice(() => {});
    opened.executor.isSoftware = isSoftware;
  });

  const both = async (
    values: Float32Array,
    shape: readonly number[],
    dtype: 'float32' | 'int32',
    reduce: (x: Tensor) => Tensor,
  ): Promise<[actual: ArrayLike<number>, expected: ArrayLike<number>]> => {
    const results: ArrayLike<number>[] = [];
    for (const device of [opened.device, reference]) {
      const x = tensor([...values], { dtype, device }).reshape(shape);
      results.push(await reduce(x).data());
    }
    return results as [ArrayLike<number>, ArrayLike<number>];
  };

  test.each(layouts)('%s', async (_, shape) => {
    const values = integers(shape[0] * shape[1] * shape[2]);
    for (const dtype of ['float32', 'int32'] as const) {
      for (const name of ['sum', 'max', 'min', 'argmax', 'argmin'] as const) {
        const [actual, expected] = await both(values, shape, dtype, (x) => x[name](1));
        expect(Array.from(actual), `${name} of ${dtype}`).toEqual(Array.from(expected));
      }
    }
  });

  test('NaN wherever it lies', async () => {
    for (const [name, shape] of layouts) {
      const values = integers(shape[0] * shape[1] * shape[2]);
      values[Math.floor(values.length * 0.6)] = Number.NaN;
      for (const reduction of ['sum', 'max', 'min', 'argmax', 'argmin'] as const) {
        const [actual, expected] = await both(values, shape, 'float32', (x) => x[reduction](1));
        expect(Array.from(actual), `${reduction} of ${name}`).toEqual(Array.from(expected));
      }
    }
  });

  test('the first of equals, with 0 beside −0, subnormal numbers apart and every NaN before all', async () => {
    const negativeNan = new Float32Array(Uint32Array.of(0xffc00001).buffer)[0]!;
    const tiny = 2 ** -149;
    const alphabets = [
      [0, -0],
      [tiny, 2 * tiny, 0, -tiny],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1],
      [Number.NaN, negativeNan, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    ];
    for (const [name, [outer, length, inner]] of layouts) {
      const letters = fc
        .constantFrom(...alphabets)
        .chain((alphabet) =>
          fc.array(fc.constantFrom(...alphabet), { minLength: 8, maxLength: 8 }).map((few) => ({ alphabet, few })),
        );
      await fc.assert(
        fc.asyncProperty(letters, async ({ alphabet, few }) => {
          // All the same, but for a few somewhere.
          const values = new Float32Array(outer * length * inner).fill(alphabet[0]!);
          for (const [i, letter] of few.entries()) values[(i * 2654435761) % values.length] = letter;
          for (const reduction of ['argmax', 'argmin', 'max', 'min'] as const) {
            const [actual, expected] = await both(values, [outer, length, inner], 'float32', (x) => x[reduction](1));
            expect(Array.from(actual), `${reduction} of ${name}`).toEqual(Array.from(expected));
          }
        }),
        { numRuns: 6 },
      );
    }
  });

  test('the first of the least integers, wherever all are the same', async () => {
    for (const [name, shape] of layouts) {
      for (const value of [-(2 ** 31), 2 ** 31 - 1]) {
        const size = shape[0] * shape[1] * shape[2];
        for (const reduction of ['argmax', 'argmin'] as const) {
          const x = full(shape, value, { dtype: 'int32', device: opened.device });
          const actual = Array.from(await x[reduction](1).data());
          expect(actual, `${reduction} of ${name}`).toEqual(new Array(size / shape[1]).fill(0));
        }
      }
    }
  });

  test('histograms of more bins than a workgroup has of its own', async () => {
    const bins = 5000;
    for (const dtype of ['float32', 'int32'] as const) {
      const [actual, expected] = await both(integers(9000), [9000], dtype, (x) => x.histogram(bins, -99, 99));
      expect(Array.from(actual)).toEqual(Array.from(expected));
    }
  });
});
