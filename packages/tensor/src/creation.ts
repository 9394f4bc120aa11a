import { getDevice } from './default-device.js';
import type { Device } from './device.js';
import { arrayTypes, checkElement, type DType, isFloat, type TypedArray } from './dtype.js';
import { ArgumentError, DTypeError, ShapeError } from './errors.js';
import { type Generator, randomStream } from './random.js';
import { checkShape, formatShape, type Shape, sizeOf } from './shape.js';
import { Tensor } from './tensor.js';
import { activeTracer } from './tracer.js';

/** Type and place of a new tensor. @default float32 on the default device */
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
  const name = data[Symbol.toStringTag];
  const found = (Object.keys(arrayTypes) as DType[]).find((dtype) => arrayTypes[dtype].name === name);
  if (!found) {
    throw new DTypeError(
      `tensor: no type has its elements in a ${name}: use Float32Array.from() or another of its kind`,
    );
  }
  return found;
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
 * @throws DTypeError where a typed array is of another type than `dtype`, or the type cannot hold an element
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
  if (!isFloat(dtype)) for (let i = 0; i < elements.length; i++) checkElement('tensor', elements[i]!, dtype);
  const made = new Tensor([...shape], dtype, device);
  device.memory.write(made, elements);
  activeTracer()?.written(made.buffer);
  return made;
}

/** The tensor whose element at place i, counted in row-major order, is `element(i)`. */
function generate(
  operation: string,
  shape: Shape,
  options: TensorOptions | undefined,
  element: (i: number) => number,
): Tensor {
  const { dtype = 'float32', device = getDevice() } = options ?? {};
  checkShape(operation, shape);
  const made = new Tensor([...shape], dtype, device);
  try {
    const elements = new arrayTypes[dtype](made.size);
    for (let i = 0; i < elements.length; i++) {
      const value = element(i);
      checkElement(operation, value, dtype);
      elements[i] = value;
    }
    device.memory.write(made, elements);
    activeTracer()?.written(made.buffer);
  } catch (error) {
    made.dispose();
    throw error;
  }
  return made;
}

/**
 * A tensor in which every element is `value`.
 *
 * @throws DTypeError where the type cannot hold the value
 */
export function full(shape: Shape, value: number, options?: TensorOptions): Tensor {
  checkShape('full', shape);
  const { dtype = 'float32', device = getDevice() } = options ?? {};
  checkElement('full', value, dtype);
  const made = new Tensor([...shape], dtype, device);
  device.kernels.fill(made, value);
  activeTracer()?.filled(made.buffer, value);
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
  const isBefore = (i: number) => Math.sign(step) * (start + i * step - end) < 0;
  let count = Math.max(0, Math.ceil((end - start) / step));
  // The division may round to one number too many, or too few.
  if (count > 0 && !isBefore(count - 1)) count--;
  else if (isBefore(count)) count++;
  return generate('arange', [count], options, (i) => start + i * step);
}

/**
 * `count` equally spaced numbers from start to end, both included.
 *
 * @throws ArgumentError where the count is not an integer of 0 or more, or an end is not finite
 */
export function linspace(start: number, end: number, count: number, options?: TensorOptions): Tensor {
  if (!Number.isInteger(count) || count < 0) throw new ArgumentError(`linspace: ${count} is no number of points`);
  if (!Number.isFinite(end - start)) {
    throw new ArgumentError(`linspace: from ${start} to ${end} there are no finite steps`);
  }
  const step = count > 1 ? (end - start) / (count - 1) : 0;
  return generate('linspace', [count], options, (i) => (i > 0 && i === count - 1 ? end : start + i * step));
}

/** The identity matrix of `size` rows. */
export function eye(size: number, options?: TensorOptions): Tensor {
  return generate('eye', [size, size], options, (i) => (i % (size + 1) === 0 ? 1 : 0));
}

/** Where random numbers come from. @default the program's stream `default` */
export interface RandomOptions extends TensorOptions {
  readonly generator?: Generator;
}

function randomTensor(
  operation: string,
  shape: Shape,
  options: RandomOptions | undefined,
  draw: (generator: Generator) => number,
): Tensor {
  const { dtype = 'float32', generator = randomStream('default') } = options ?? {};
  if (!isFloat(dtype)) {
    throw new DTypeError(`${operation}: ${dtype} is not supported: draw float32 and cast() or compare`);
  }
  return generate(operation, shape, options, () => draw(generator));
}

/**
 * Uniform random numbers in [low, high); low itself where both are equal.
 *
 * @throws ArgumentError where low is above high, or one of them is not finite in the type
 * @throws DTypeError for integers and truth values
 */
export function uniform(shape: Shape, low = 0, high = 1, options?: RandomOptions): Tensor {
  const rounded = options?.dtype === 'float64' ? (value: number) => value : Math.fround;
  if (!(low <= high && [rounded(low), rounded(high), high - low].every(Number.isFinite))) {
    const dtype = options?.dtype ?? 'float32';
    throw new ArgumentError(
      `uniform: from ${low} to ${high}: the limits must be finite in ${dtype}, low not above high, nor too far below`,
    );
  }
  return randomTensor('uniform', shape, options, (generator) => {
    const value = rounded(low + (high - low) * generator.uniform());
    // Rounding reaches the end that is not meant to be reached.
    return value < high ? value : low;
  });
}

/**
 * Normally distributed random numbers.
 *
 * @throws ArgumentError where the standard deviation is negative, or it or the mean is not finite
 * @throws DTypeError for integers and truth values
 */
export function normal(shape: Shape, mean = 0, standardDeviation = 1, options?: RandomOptions): Tensor {
  if (!(standardDeviation >= 0 && Number.isFinite(standardDeviation) && Number.isFinite(mean))) {
    throw new ArgumentError(
      `normal: mean ${mean} and standard deviation ${standardDeviation}: both must be finite, the deviation 0 or more`,
    );
  }
  return randomTensor('normal', shape, options, (generator) => mean + standardDeviation * generator.normal());
}

/** Where random integers come from, and the device that they go to. */
export type RandomIntegerOptions = Omit<RandomOptions, 'dtype'>;

/**
 * Random integers (int32) from low up to but not including `high`, each as probable as the others.
 *
 * @throws ArgumentError where there is no integer in between, or a limit is none of int32
 */
export function randomIntegers(shape: Shape, low: number, high: number, options?: RandomIntegerOptions): Tensor {
  const fit = Number.isInteger(low) && Number.isInteger(high) && low >= -(2 ** 31) && high <= 2 ** 31;
  if (!(fit && low < high)) {
    throw new ArgumentError(
      `randomIntegers: from ${low} up to ${high}: both must be integers of int32, the first one the smaller`,
    );
  }
  const generator = options?.generator ?? randomStream('default');
  return generate('randomIntegers', shape, { ...options, dtype: 'int32' }, () => low + generator.integer(high - low));
}

/**
 * The integers (int32) 0 … length − 1 in random order: [length].
 *
 * @throws ArgumentError where the length is not an integer of 0 or more
 */
export function randomPermutation(length: number, options?: RandomIntegerOptions): Tensor {
  if (!Number.isInteger(length) || length < 0) {
    throw new ArgumentError(`randomPermutation: the length must be an integer of 0 or more, not ${length}`);
  }
  const order = (options?.generator ?? randomStream('default')).permutation(length);
  return tensor(order, options);
}
