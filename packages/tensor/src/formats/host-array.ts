import { arrayTypes, type DType, type TypedArray } from '../dtype.js';
import { ArgumentError, DTypeError, ShapeError } from '../errors.js';
import { checkShape, formatShape, type Shape } from '../shape.js';

/**
 * A tensor as plain data outside any device, as files hold it: elements contiguous in row-major order, bool elements
 * as bytes of 0 or 1.
 */
export interface HostArray {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TypedArray;
}

/**
 * The number of elements of a shape that is not yet known to be sensible: 0 as soon as one length is 0, however large
 * the others are, and otherwise the product, which is a safe integer if and only if it is exact.
 */
export function elementCount(shape: Shape): number {
  return shape.includes(0) ? 0 : shape.reduce((product, length) => product * length, 1);
}

/**
 * Checks that the parts of a host array fit each other.
 *
 * @param operation named in the message of the error
 * @throws DTypeError where the typed array is not the one of the dtype
 * @throws ShapeError where a length is negative or not an integer, or the data has another number of elements
 * @throws ArgumentError where a bool element is neither 0 nor 1
 */
export function checkHostArray(operation: string, { dtype, shape, data }: HostArray): void {
  if (!Object.hasOwn(arrayTypes, dtype)) {
    throw new DTypeError(`${operation}: dtype ${dtype} is none of ${Object.keys(arrayTypes).join(', ')}`);
  }
  // The name instead of instanceof, so that arrays from another frame or context are as good.
  const expected = arrayTypes[dtype].name;
  const found = data[Symbol.toStringTag];
  if (found !== expected) throw new DTypeError(`${operation}: dtype ${dtype} takes a ${expected}, not a ${found}`);
  checkShape(operation, shape);
  if (elementCount(shape) !== data.length) {
    throw new ShapeError(
      `${operation}: shape ${formatShape(shape)} takes ${elementCount(shape)} elements, not the ${data.length} given`,
    );
  }
  const wrong = dtype === 'bool' ? data.findIndex((value) => value > 1) : -1;
  if (wrong >= 0) throw new ArgumentError(`${operation}: bool element ${wrong} is ${data[wrong]}, neither 0 nor 1`);
}
