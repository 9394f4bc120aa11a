import { encodeNpy, FormatError, type HostArray } from '@pnn/nn';
import { describe, expect, test } from 'vitest';
import { filesInMemory, npy } from '../../src/index.js';
import { storedInputs } from '../normalized.js';

/** Bytes as `numpy.save` writes them, which our own encoder has no type for. */
function bytesFile(shape: readonly number[], data: readonly number[]): Uint8Array {
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`.padEnd(117);
  const start = Uint8Array.of(0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, 118, 0);
  return Uint8Array.of(...start, ...new TextEncoder().encode(`${header}\n`), ...data);
}

const float32 = (shape: readonly number[], values: readonly number[]) =>
  encodeNpy({ dtype: 'float32', shape, data: Float32Array.from(values) });
const int32 = (values: readonly number[]) =>
  encodeNpy({ dtype: 'int32', shape: [values.length], data: Int32Array.from(values) });

function source(train: readonly Uint8Array[], held: readonly Uint8Array[]) {
  const names = ['x_train.npy', 'y_train.npy', 'x_test.npy', 'y_test.npy'];
  return filesInMemory(new Map([...train, ...held].map((bytes, i) => [names[i]!, bytes])));
}

describe('npy', () => {
  test('reads samples of any shape; whole labels are classes', async () => {
    const { train, test: held } = await npy(
      source([float32([2, 1, 2], [1, 2, 3, 4]), int32([0, 2])], [float32([1, 1, 2], [5, 6]), int32([4])]),
    );
    expect([train.inputShape, train.inputType, train.classes]).toEqual([[1, 2], 'float32', ['0', '1', '2', '3', '4']]);
    expect([[...storedInputs(train)], [...train.labels], [...held.labels]]).toEqual([[1, 2, 3, 4], [0, 2], [4]]);
  });

  test('takes bytes as images: gray ones get a channel, those with the channels last get them first', async () => {
    const gray = await npy(
      source([bytesFile([2, 1, 2], [1, 2, 3, 4]), int32([0, 1])], [bytesFile([1, 1, 2], [5, 6]), int32([1])]),
    );
    expect([gray.train.inputShape, gray.train.inputType]).toEqual([[1, 1, 2], 'uint8']);
    const color = bytesFile([1, 2, 2, 3], [1, 11, 21, 2, 12, 22, 3, 13, 23, 4, 14, 24]);
    const { train } = await npy(source([color, int32([0])], [color, int32([0])]));
    expect(train.inputShape).toEqual([3, 2, 2]);
    expect([...storedInputs(train)]).toEqual([1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24]);
  });

  test('takes labels in floating point as numbers to predict, and other numbers as inputs', async () => {
    const doubles: HostArray = { dtype: 'float64', shape: [2, 2], data: Float64Array.of(0.5, 1, 2, 3) };
    const pair = [int32([7, 9]), encodeNpy(doubles)];
    const { train } = await npy(source(pair, pair));
    expect([train.inputShape, train.inputType, train.labelShape, train.labelType, train.classes]).toEqual([
      [1],
      'float32',
      [2],
      'float32',
      undefined,
    ]);
    expect([[...storedInputs(train)], [...train.labels]]).toEqual([
      [7, 9],
      [0.5, 1, 2, 3],
    ]);
    const bools = encodeNpy({ dtype: 'bool', shape: [2, 2], data: Uint8Array.of(0, 1, 1, 0) });
    const switches = await npy(source([bools, int32([0, 1])], [bools, int32([0, 1])]));
    expect([switches.train.inputType, [...storedInputs(switches.train)]]).toEqual(['float32', [0, 1, 1, 0]]);
  });

  const pair = [float32([2, 1], [1, 2]), int32([0, 1])];

  test.each([
    [
      'other numbers of samples',
      [float32([2, 1], [1, 2]), int32([0])],
      'x_train.npy has 2 samples and y_train.npy 1 labels',
    ],
    [
      'negative classes',
      [float32([2, 1], [1, 2]), int32([0, -1])],
      'y_train.npy gives sample 1 the label -1, and classes',
    ],
    ['numbers that are not finite', [float32([2, 1], [1, Number.NaN]), int32([0, 1])], 'inputs of sample 1 hold NaN'],
    ['no samples', [float32([0, 1], []), int32([])], 'x_train.npy has the shape [0,1]: it needs one sample or more'],
    ['other shapes than the test has', [float32([1, 2], [1, 2]), int32([0])], 'must be alike'],
    ['other types than the test has', [int32([1, 2]), int32([0, 1])], 'must be alike'],
  ])('refuses %s', async (_, train, problem) => {
    const error = await npy(source(train, pair)).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toContain(problem);
  });
});
