import { getDevice } from './default-device.js';
import type { Device } from './device.js';
import { arrayTypes, type DType, type TypedArray } from './dtype.js';
import { ArgumentError, DTypeError, ShapeError } from './errors.js';
import { type Generator, randomStream } from './random.js';
import { checkShape, formatShape, type Shape, sizeOf } from './shape.js';
import { Tensor } from './tensor.js';

/** Type and place of a new tensor: float32 on the default device where nothing is said. */
export interface TensorOptions {
  readonly dtype?: DType;
  readonly device?: Device;
}

/** Numbers or truth values in nested arrays of equal lengths. */
export type NestedArray = number | boolean | readonly NestedArray[];

function shapeOfNested(data: NestedArray): number[] {
  return Array.isArray(data) ? [data.length, ...(data.length > 0 ? shapeOfNested(data[0] as NestedArray) : [])] : [];
}

function fillNested(out: number[], data: NestedArray, shape: Shape, axis: number): void {
  const isArray = Array.isArray(data);
  if (isArray !== axis < shape.length || (isArray && data.length !== shape[axis])) {
    throw new ShapeError(
      `tensor: the nested arrays are ragged: expected ${formatShape(shape)}, found ` +
        `${isArray ? `${data.length} entries` : 'a number'} at depth ${axis}`,
    );
  }
  if (isArray) for (const entry of data as readonly NestedArray[]) fillNested(out, entry, shape, axis + 1);
  else out.push(Number(data));
}

function dtypeOf(data: TypedArray): DType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  return data instanceof Int32Array ? 'int32' : 'bool';
}

function leafIsBoolean(data: NestedArray): boolean {
  return Array.isArray(data) ? data.length > 0 && leafIsBoolean(data[0] as NestedArray) : typeof data === 'boolean';
}

/**
 * A tensor with these elements.
 *
 * @param data a number, nested arrays, or a typed array in row-major order
 * @param options.shape the shape; that of the nesting (one axis for a typed array) where it is missing
 * @param options.dtype the type; that of a typed array (bool for bytes), bool for truth values, else float32
 * @throws ShapeError where the nested arrays are ragged or do not fill the shape
 * @throws DTypeError where a typed array is of another type than `dtype`
 */
export function tensor(data: NestedArray | TypedArray, options?: TensorOptions & { readonly shape?: Shape }): Tensor {
  const device = options?.device ?? getDevice();
  if (ArrayBuffer.isView(data)) {
    const dtype = dtypeOf(data);
    if (options?.dtype && options.dtype !== dtype) {
      throw new DTypeError(
        `tensor: a ${data.constructor.name} holds ${dtype}, not ${options.dtype}: cast() the tensor`,
      );
    }
    return write(data, options?.shape ?? [data.length], dtype, device);
  }
  const nested = data as NestedArray;
  const shape = shapeOfNested(nested);
  const elements: number[] = [];
  fillNested(elements, nested, shape, 0);
  return write(
    elements,
    options?.shape ?? shape,
    options?.dtype ?? (leafIsBoolean(nested) ? 'bool' : 'float32'),
    device,
  );
}

function write(elements: ArrayLike<number>, shape: Shape, dtype: DType, device: Device): Tensor {
  checkShape('tensor', shape);
  if (sizeOf(shape) !== elements.length) {
    throw new ShapeError(`tensor: ${elements.length} elements do not fill ${formatShape(shape)}`);
  }
  const made = new Tensor(shape, dtype, device);
  device.memory.write(made, elements);
  return made;
}

/** A tensor in which every element is `value`. */
export function full(shape: Shape, value: number, options?: TensorOptions): Tensor {
  checkShape('full', shape);
  const device = options?.device ?? getDevice();
  const made = new Tensor(shape, options?.dtype ?? 'float32', device);
  device.kernels.fill(made, value);
  return made;
}

/** A tensor of zeros. */
export function zeros(shape: Shape, options?: TensorOptions): Tensor {
  return full(shape, 0, options);
}

/** A tensor of ones. */
export function ones(shape: Shape, options?: TensorOptions): Tensor {
  return full(shape, 1, options);
}

/** Zeros with the shape, type and device of another tensor. */
export function zerosLike(like: Tensor): Tensor {
  return full(like.shape, 0, like);
}

/** Ones with the shape, type and device of another tensor. */
export function onesLike(like: Tensor): Tensor {
  return full(like.shape, 1, like);
}

/**
 * start, start + step, … up to but not including `end`.
 *
 * @throws ArgumentError where the step is 0 or not finite
 */
export function arange(start: number, end: number, step = 1, options?: TensorOptions): Tensor {
  if (step === 0 || ![start, end, step].every(Number.isFinite)) {
    throw new ArgumentError(`arange: from ${start} to ${end} in steps of ${step} has no end`);
  }
  const count = Math.max(0, Math.ceil((end - start) / step));
  return tensor(
    Array.from({ length: count }, (_, i) => start + i * step),
    options,
  );
}

/**
 * `count` equally spaced numbers from start to end, both included.
 *
 * @throws ArgumentError where the count is not an integer of 0 or more
 */
export function linspace(start: number, end: number, count: number, options?: TensorOptions): Tensor {
  if (!Number.isInteger(count) || count < 0) throw new ArgumentError(`linspace: ${count} is no number of points`);
  const step = count > 1 ? (end - start) / (count - 1) : 0;
  return tensor(
    Array.from({ length: count }, (_, i) => (i > 0 && i === count - 1 ? end : start + i * step)),
    options,
  );
}

/** The identity matrix of `size` rows. */
export function eye(size: number, options?: TensorOptions): Tensor {
  const elements = new arrayTypes.float64(size * size);
  for (let i = 0; i < size; i++) elements[i * size + i] = 1;
  return write(elements, [size, size], options?.dtype ?? 'float32', options?.device ?? getDevice());
}

/** Where random numbers come from: the program's stream `default` where nothing is said. */
export interface RandomOptions extends TensorOptions {
  readonly generator?: Generator;
}

/** Uniform random numbers in [low, high). */
export function uniform(shape: Shape, low = 0, high = 1, options?: RandomOptions): Tensor {
  const generator = options?.generator ?? randomStream('default');
  checkShape('uniform', shape);
  const elements = Float64Array.from({ length: sizeOf(shape) }, () => low + (high - low) * generator.uniform());
  return write(elements, shape, options?.dtype ?? 'float32', options?.device ?? getDevice());
}

/** Normally distributed random numbers. */
export function normal(shape: Shape, mean = 0, standardDeviation = 1, options?: RandomOptions): Tensor {
  const generator = options?.generator ?? randomStream('default');
  checkShape('normal', shape);
  const elements = Float64Array.from({ length: sizeOf(shape) }, () => mean + standardDeviation * generator.normal());
  return write(elements, shape, options?.dtype ?? 'float32', options?.device ?? getDevice());
}
