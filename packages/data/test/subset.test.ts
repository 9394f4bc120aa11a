import { ArgumentError, ArrayDataset, sizeOf } from '@pnn/nn';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Subset } from '../src/index.js';
import { datasetOf, numbers } from './generated-datasets.js';
import { storedInputs } from './normalized.js';

const range = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);

const counting = new ArrayDataset({
  inputs: Float32Array.from(range(0, 10)),
  inputShape: [2],
  labels: Float64Array.from(range(100, 110)),
  labelShape: [2],
});

describe('Subset', () => {
  test('reads the chosen samples in the order in which they were chosen, and says what they are', () => {
    const choice = datasetOf(numbers).chain((data) =>
      fc.tuple(fc.constant(data), fc.array(fc.nat(data.length - 1), { minLength: 1, maxLength: 12 })),
    );
    fc.assert(
      fc.property(choice, ([data, indices]) => {
        const subset = new Subset(data, indices);
        const { length, inputShape, inputType, labelShape, labelType, classes } = subset;
        const expected = { inputShape, inputType, labelShape, labelType, classes };
        expect(length).toBe(indices.length);
        expect(data).toMatchObject(expected);
        const size = sizeOf(inputShape);
        const chosen = indices.flatMap((index) => [...data.inputs.subarray(index * size, (index + 1) * size)]);
        expect([...storedInputs(subset)]).toEqual(chosen);
      }),
    );
  });

  test('reads labels as well, also when some samples of it are asked for', () => {
    const subset = new Subset(counting, [4, 0, 4, 2]);
    const inputs = new Float32Array(6);
    const labels = new Float64Array(6);
    subset.read([3, 0, 1], inputs, labels);
    expect([...inputs]).toEqual([4, 5, 8, 9, 0, 1]);
    expect([...labels]).toEqual([104, 105, 108, 109, 100, 101]);
  });

  test('two subsets that meet make up the whole, without a copy', () => {
    fc.assert(
      fc.property(datasetOf(numbers), fc.nat(8), (data, at) => {
        fc.pre(at > 0 && at < data.length);
        const [first, second] = [new Subset(data, range(0, at)), new Subset(data, range(at, data.length))];
        expect([...storedInputs(first), ...storedInputs(second)]).toEqual([...data.inputs]);
        data.inputs[0] = 1 - data.inputs[0]!;
        expect(storedInputs(first)[0]).toBe(data.inputs[0]);
      }),
    );
  });

  test('of a subset is one of the whole', () => {
    expect([...storedInputs(new Subset(new Subset(counting, [4, 0, 2]), [2, 0]))]).toEqual([4, 5, 8, 9]);
  });

  test('does not follow later changes of the choice', () => {
    const indices = [1, 2];
    const subset = new Subset(counting, indices);
    indices[0] = 4;
    expect([...storedInputs(subset)]).toEqual([2, 3, 4, 5]);
  });

  test('refuses samples that there are not, and none at all', () => {
    for (const index of [-1, 5, 0.5, Number.NaN]) {
      expect(() => new Subset(counting, [0, index])).toThrow(
        new ArgumentError(`Subset: sample ${index} is none of the 5 that there are`),
      );
    }
    expect(() => new Subset(counting, [])).toThrow(new ArgumentError('Subset: no sample is chosen'));
    const subset = new Subset(counting, [3, 4]);
    for (const index of [-1, 2, 0.5]) {
      expect(() => subset.read([index], new Float32Array(2), new Float64Array(2))).toThrow(
        new ArgumentError(`Subset.read: sample ${index} is none of the 2 that there are`),
      );
    }
  });
});
