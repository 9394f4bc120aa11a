import fc from 'fast-check';
import { expect } from 'vitest';
import { arrayTypes, type DType } from '../../src/dtype.js';
import { elementCount, type HostArray } from '../../src/formats/host-array.js';

const smallShapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 });

const hugeEmptyShapes = fc
  .tuple(fc.array(fc.maxSafeNat(), { maxLength: 4 }), fc.array(fc.maxSafeNat(), { maxLength: 4 }))
  .map(([outer, inner]) => [...outer, 0, ...inner]);

function elements(dtype: DType, count: number): fc.Arbitrary<HostArray['data']> {
  const length = { minLength: count, maxLength: count };
  switch (dtype) {
    case 'float32':
      return fc.float32Array(length);
    case 'float64':
      return fc.float64Array(length);
    case 'int32':
      return fc.int32Array(length);
    case 'bool':
      return fc.uint8Array({ ...length, max: 1 });
  }
}

/** Arrays of every dtype with 0 to 5 axes, empty ones with huge lengths among them, and every kind of number. */
export const hostArrays: fc.Arbitrary<HostArray> = fc
  .tuple(
    fc.constantFrom<DType>('float32', 'float64', 'int32', 'bool'),
    fc.oneof({ weight: 9, arbitrary: smallShapes }, { weight: 1, arbitrary: hugeEmptyShapes }),
  )
  .chain(([dtype, shape]) => elements(dtype, elementCount(shape)).map((data) => ({ dtype, shape, data })));

/** Demands equal parts, element by element: all NaN are the same, 0 and -0 are not. */
export function expectSame(actual: HostArray | undefined, expected: HostArray): void {
  expect(actual?.dtype).toBe(expected.dtype);
  expect(actual?.shape).toEqual(expected.shape);
  expect(actual?.data.length).toBe(expected.data.length);
  const different = expected.data.findIndex((value, position) => !Object.is(value, actual?.data[position]));
  expect(different, 'position of the first element that differs').toBe(-1);
}

/** Demands of what came out of a file of `fileSize` bytes that its parts fit each other and the file. */
export function expectConsistent({ dtype, shape, data }: HostArray, fileSize: number): void {
  expect(data).toBeInstanceOf(arrayTypes[dtype]);
  expect(shape.every((length) => Number.isSafeInteger(length) && length >= 0)).toBe(true);
  expect(data.length).toBe(elementCount(shape));
  expect(data.byteLength).toBeLessThanOrEqual(4 * fileSize);
}
