import { ArrayDataset, type Shape, sizeOf } from '@pnn/nn';
import fc from 'fast-check';

const size = (max: number) => fc.integer({ min: 1, max });

/** Rows [F], recordings and windows [C,T], images [C,H,W]. */
const inputShapes: fc.Arbitrary<Shape> = fc.oneof(
  fc.tuple(size(4)),
  fc.tuple(size(3), size(6)),
  fc.tuple(size(3), size(4), size(5)),
);

/** Numbers of any size that float32 can hold, many of them alike. */
export const numbers = fc.oneof(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(Math.fround),
  fc.constantFrom(0, 1, 0.1, -7).map(Math.fround),
);

/** Data sets of bytes and of both kinds of numbers, of all shapes, with as many classes as two. */
export function datasetOf(values: fc.Arbitrary<number>): fc.Arbitrary<ArrayDataset> {
  return fc.record({ inputShape: inputShapes, length: size(8) }).chain(({ inputShape, length }) => {
    const count = length * sizeOf(inputShape);
    const range = { minLength: count, maxLength: count };
    const inputs = fc.oneof(
      fc.uint8Array(range),
      fc.array(values, range).map((array) => Float32Array.from(array)),
      fc.array(values, range).map((array) => Float64Array.from(array)),
    );
    const labels = Int32Array.from({ length }, (_, i) => i % 2);
    return inputs.map((each) => new ArrayDataset({ inputs: each, inputShape, labels, classes: ['even', 'odd'] }));
  });
}
