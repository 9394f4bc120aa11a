import type { Device } from './device.js';
import { checkElement, type DType } from './dtype.js';
import { DeviceError, GradientError, ShapeError } from './errors.js';
import type { History, TensorsOf } from './history.js';
import type { Buffer } from './kernels.js';
import { checkFloat, checkSameType, type Inputs, type Operator } from './operator.js';
import { operators } from './operators/index.js';
import type { AxisRun } from './operators/reduction.js';
import { formatTensor } from './print.js';
import {
  broadcastShapes,
  checkShape,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sameShape,
  sizeOf,
} from './shape.js';
import { Storage } from './storage.js';

/** Something that stands for a tensor in arithmetic: numbers take the type and the device of the other operand. */
export type TensorLike = Tensor | number;

/** Which axes a reduction runs over: one, several, or (undefined) all; negative ones count from the end. */
export type Axes = number | readonly number[] | undefined;

/** Whether a reduction leaves axes of length 1 behind, so that the result broadcasts against its input. */
export interface ReductionOptions {
  readonly keepDims?: boolean;
}

/** The part of an axis to take: one index (the axis goes away), or [start, end, step]; negative ones count from the end. */
export type SliceRange = number | readonly [start?: number, end?: number, step?: number];

function checkSameMemory(operation: string, a: Tensor, b: Tensor): void {
  if (a.device.memory === b.device.memory) return;
  throw new DeviceError(
    `${operation}: operands lie on ${a.device.name} and ${b.device.name}: move one with await to()`,
  );
}

/**
 * Applies an operator: infers the outputs, allocates them on the device of the inputs, launches the kernel and tells
 * the history of the inputs, if they have one.
 *
 * @throws DeviceError where the inputs lie in different memories
 */
export function apply<I extends Inputs, A>(operator: Operator<I, A>, inputs: TensorsOf<I>, attributes: A): Tensor[] {
  const tensors = inputs as readonly (Tensor | undefined)[];
  let first: Tensor | undefined;
  let history: History | undefined;
  for (const tensor of tensors) {
    if (!tensor) continue;
    first ??= tensor;
    history ??= tensor.history;
    checkSameMemory(operator.name, first, tensor);
  }
  const { device } = first!;
  const operands = inputs as unknown as I;
  const outputs: Tensor[] = [];
  try {
    for (const { shape, dtype, aliasOf } of operator.infer(operands, attributes)) {
      outputs.push(new Tensor(shape, dtype, device, aliasOf === undefined ? undefined : tensors[aliasOf]!.buffer));
    }
    operator.launch(device.kernels, operands, outputs, attributes);
  } catch (error) {
    for (const output of outputs) output.dispose();
    throw error;
  }
  history?.record({ operator: operator as unknown as Operator, inputs: tensors, outputs, attributes });
  return outputs;
}

/** Runs of neighbouring axes, the last one first. */
function runsOf(axes: readonly number[]): AxisRun[] {
  const runs: { first: number; end: number }[] = [];
  for (const axis of axes) {
    const last = runs.at(-1);
    if (last?.end === axis) last.end++;
    else runs.push({ first: axis, end: axis + 1 });
  }
  return runs.reverse();
}

/**
 * An array of numbers with any number of axes, stored contiguously in row-major order on a device. Arithmetic broadcasts
 * as in NumPy and never changes its operands; that of integers wraps around modulo 2^32. Every result is a tensor of its
 * own that can be freed by itself, also where nothing is to be done, as in a sum over no axes.
 */
export class Tensor extends Storage {
  /** How the tensor came to be, where somebody differentiates through it. */
  history: History | undefined;

  /** Whether gradients flow to this tensor. */
  get requiresGrad(): boolean {
    return this.history !== undefined;
  }

  /** What `backward` has added up for this leaf so far. */
  get grad(): Tensor | undefined {
    return this.history?.gradient;
  }

  /**
   * Adds the gradient of this tensor with respect to every leaf it depends on to the leaf's `grad`.
   *
   * @param gradient the gradient of the final result with respect to this tensor; 1 where it is that result, a scalar
   * @throws GradientError where the tensor does not depend on anything that gradients flow to
   */
  backward(gradient?: Tensor): void {
    if (!this.history) {
      throw new GradientError('backward: the tensor depends on nothing that requires a gradient: see requireGrad()');
    }
    this.history.backward(this, gradient);
  }

  /** −x */
  neg(): Tensor {
    return this.#unary(operators.neg);
  }
  /** |x|; the derivative at 0 is 0 */
  abs(): Tensor {
    return this.#unary(operators.abs);
  }
  /** −1, 0 or 1 */
  sign(): Tensor {
    return this.#unary(operators.sign);
  }
  /** e^x */
  exp(): Tensor {
    return this.#unary(operators.exp);
  }
  /** e^x − 1, exact near 0 */
  expm1(): Tensor {
    return this.#unary(operators.expm1);
  }
  /** Natural logarithm */
  log(): Tensor {
    return this.#unary(operators.log);
  }
  /** ln(1 + x), exact near 0 */
  log1p(): Tensor {
    return this.#unary(operators.log1p);
  }
  /** √x */
  sqrt(): Tensor {
    return this.#unary(operators.sqrt);
  }
  /** 1/x */
  reciprocal(): Tensor {
    return this.#unary(operators.reciprocal);
  }
  /** x² */
  square(): Tensor {
    return this.#unary(operators.square);
  }
  /** Sine of an angle in radians */
  sin(): Tensor {
    return this.#unary(operators.sin);
  }
  /** Cosine of an angle in radians */
  cos(): Tensor {
    return this.#unary(operators.cos);
  }
  /** Hyperbolic tangent */
  tanh(): Tensor {
    return this.#unary(operators.tanh);
  }
  /** 1/(1 + e^−x) */
  sigmoid(): Tensor {
    return this.#unary(operators.sigmoid);
  }
  /** max(x, 0); the derivative at 0 is 0 */
  relu(): Tensor {
    return this.#unary(operators.relu);
  }
  /** x·sigmoid(x) */
  silu(): Tensor {
    return this.#unary(operators.silu);
  }
  /** x·Φ(x) with the exact normal distribution function (Hendrycks & Gimpel, arXiv 1606.08415) */
  gelu(): Tensor {
    return this.#unary(operators.gelu);
  }
  /** ln(1 + e^x) without overflow */
  softplus(): Tensor {
    return this.#unary(operators.softplus);
  }
  /** The error function */
  erf(): Tensor {
    return this.#unary(operators.erf);
  }
  /** The next integer below */
  floor(): Tensor {
    return this.#unary(operators.floor);
  }
  /** The next integer above */
  ceil(): Tensor {
    return this.#unary(operators.ceil);
  }
  /** The nearest integer, halves to the even one */
  round(): Tensor {
    return this.#unary(operators.round);
  }

  /** a + b */
  add(other: TensorLike): Tensor {
    return this.#binary(operators.add, other);
  }
  /** a − b */
  sub(other: TensorLike): Tensor {
    return this.#binary(operators.sub, other);
  }
  /** a·b, element by element */
  mul(other: TensorLike): Tensor {
    return this.#binary(operators.mul, other);
  }
  /** a/b; integers are truncated towards zero, and a division by the integer 0 gives 0 */
  div(other: TensorLike): Tensor {
    return this.#binary(operators.div, other);
  }
  /** a^b; NaN where a is negative and b not an integer. Integer powers beyond 2^53 lose their last digits */
  pow(exponent: TensorLike): Tensor {
    return this.#binary(operators.pow, exponent);
  }
  /** The larger of a and b; where they are equal, each gets half of the gradient */
  maximum(other: TensorLike): Tensor {
    return this.#binary(operators.maximum, other);
  }
  /** The smaller of a and b; where they are equal, each gets half of the gradient */
  minimum(other: TensorLike): Tensor {
    return this.#binary(operators.minimum, other);
  }
  /** a where b > 0, else 0: what ReLU's gradient is */
  gate(other: Tensor): Tensor {
    return this.#binary(operators.gate, other);
  }
  /** a limited to [low, high]; the gradient is that of a from low to high inclusive */
  clamp(low: number, high: number): Tensor {
    const lowest = this.#scalar('clamp', low);
    const highest = this.#scalar('clamp', high);
    const raised = where(this.less(lowest), lowest, this);
    return where(raised.greater(highest), highest, raised);
  }

  /** a = b as truth values */
  equal(other: TensorLike): Tensor {
    return this.#binary(operators.equal, other);
  }
  /** a ≠ b as truth values; `x.notEqual(x)` is true where x is NaN */
  notEqual(other: TensorLike): Tensor {
    return this.#binary(operators.notEqual, other);
  }
  /** a < b as truth values */
  less(other: TensorLike): Tensor {
    return this.#binary(operators.less, other);
  }
  /** a ≤ b as truth values */
  lessEqual(other: TensorLike): Tensor {
    return this.#binary(operators.lessEqual, other);
  }
  /** a > b as truth values */
  greater(other: TensorLike): Tensor {
    return this.#binary(operators.greater, other);
  }
  /** a ≥ b as truth values */
  greaterEqual(other: TensorLike): Tensor {
    return this.#binary(operators.greaterEqual, other);
  }

  /** The sum over the axes; 0 where there are no elements */
  sum(axes?: Axes, options?: ReductionOptions): Tensor {
    const reduced = normalizeAxes('sum', axes, this.rank);
    if (reduced.length === 0) return this.#view();
    let result: Tensor = this;
    for (const run of runsOf(reduced)) [result] = apply(operators.sum, [result], run) as [Tensor];
    return result.#dropAxes(reduced, options);
  }
  /**
   * The mean over the axes.
   *
   * @throws DTypeError for integers: cast() them first
   */
  mean(axes?: Axes, options?: ReductionOptions): Tensor {
    checkFloat('mean', this);
    const count = sizeOf(normalizeAxes('mean', axes, this.rank).map((axis) => this.shape[axis]!));
    return this.sum(axes, options).mul(1 / count);
  }
  /**
   * The mean squared distance from the mean over the axes.
   *
   * @param options.correction what is taken off the number of elements; 1 (the default) gives the unbiased estimate,
   *   which is NaN for a single element
   */
  variance(axes?: Axes, options?: ReductionOptions & { readonly correction?: number }): Tensor {
    checkFloat('variance', this);
    const count = sizeOf(normalizeAxes('variance', axes, this.rank).map((axis) => this.shape[axis]!));
    const centered = this.sub(this.mean(axes, { keepDims: true }));
    return centered
      .square()
      .sum(axes, options)
      .mul(1 / Math.max(0, count - (options?.correction ?? 1)));
  }
  /**
   * The largest element over the axes; NaN where there is one. Equal largest elements share the gradient.
   *
   * @throws ShapeError where there are no elements
   */
  max(axes?: Axes, options?: ReductionOptions): Tensor {
    return this.#extreme('max', axes, options);
  }
  /**
   * The smallest element over the axes; NaN where there is one. Equal smallest elements share the gradient.
   *
   * @throws ShapeError where there are no elements
   */
  min(axes?: Axes, options?: ReductionOptions): Tensor {
    return this.#extreme('min', axes, options);
  }
  /** The product over the axes, by halves, so that its gradient is right where factors are 0; 1 without elements */
  prod(axes?: Axes, options?: ReductionOptions): Tensor {
    const reduced = normalizeAxes('prod', axes, this.rank);
    let result = this.#reducedLast(reduced);
    for (let length = result.shape.at(-1)!; length !== 1; length = result.shape.at(-1)!) {
      if (length === 0) {
        result = result.#padLast(1, 1);
        continue;
      }
      const half = Math.ceil(length / 2);
      const upper = result.#lastFrom(half, length).#padLast(half, 1);
      result = result.#lastFrom(0, half).mul(upper);
    }
    return result.reshape(this.#shapeWithout(reduced, options));
  }
  /** ln Σ e^x over one axis, without overflow */
  logSumExp(axis: number, options?: ReductionOptions): Tensor {
    const largest = this.detach().max(axis, { keepDims: true });
    const finite = where(largest.abs().less(Number.POSITIVE_INFINITY), largest, largest.#scalar('logSumExp', 0));
    const sum = this.sub(finite).exp().sum(axis, { keepDims: true }).log().add(finite);
    return sum.reshape(this.#shapeWithout([normalizeAxis('logSumExp', axis, this.rank)], options));
  }
  /** Position (int32) of the first largest element along the axis, or in the flattened tensor */
  argmax(axis?: number, options?: ReductionOptions): Tensor {
    return this.#argExtreme('argmax', axis, options);
  }
  /** Position (int32) of the first smallest element along the axis, or in the flattened tensor */
  argmin(axis?: number, options?: ReductionOptions): Tensor {
    return this.#argExtreme('argmin', axis, options);
  }
  /**
   * The k largest (or smallest) elements along the last axis in order, and their positions (int32).
   *
   * @throws ShapeError where the axis is shorter than k
   */
  topk(k: number, options?: { readonly largest?: boolean }): { values: Tensor; indices: Tensor } {
    const [indices] = apply(operators.topkIndices, [this], { count: k, largest: options?.largest ?? true }) as [Tensor];
    return { values: this.gather(-1, indices), indices };
  }
  /** The number (int32) of elements in each of `bins` equal intervals from low to high; those beyond count at the ends */
  histogram(bins: number, low: number, high: number): Tensor {
    return apply(operators.histogram, [this], { bins, low, high })[0]!;
  }
  /** e^x / Σ e^x along the axis */
  softmax(axis = -1): Tensor {
    return this.#alongLast('softmax', axis);
  }
  /** ln(e^x / Σ e^x) along the axis, without overflow */
  logSoftmax(axis = -1): Tensor {
    return this.#alongLast('logSoftmax', axis);
  }

  /**
   * The matrix product over the last two axes; the axes before them broadcast. A vector counts as a row on the left, as
   * a column on the right, and its axis does not appear in the result.
   *
   * @throws ShapeError where the inner sizes differ
   */
  matmul(other: Tensor, options?: { readonly transposeA?: boolean; readonly transposeB?: boolean }): Tensor {
    if (this.rank === 0 || other.rank === 0) throw new ShapeError('matmul: a scalar has no rows: use mul()');
    const transposeA = options?.transposeA ?? false;
    const transposeB = options?.transposeB ?? false;
    const left = this.rank === 1 ? this.reshape([1, this.size]) : this;
    const right = other.rank === 1 ? other.reshape([other.size, 1]) : other;
    const product = apply(operators.matmul, [left, right], {
      transposeA: transposeA && this.rank > 1,
      transposeB: transposeB && other.rank > 1,
    })[0]!;
    if (this.rank > 1 && other.rank > 1) return product;
    const rows = this.rank === 1 ? [] : product.shape.slice(-2, -1);
    const columns = other.rank === 1 ? [] : product.shape.slice(-1);
    return product.reshape([...product.shape.slice(0, -2), ...rows, ...columns]);
  }
  /** The last two axes exchanged */
  transpose(): Tensor {
    if (this.rank < 2) throw new ShapeError(`transpose: ${formatShape(this.shape)} has no two axes to exchange`);
    const axes = Array.from({ length: this.rank }, (_, axis) => axis);
    axes.push(...axes.splice(-2, 1));
    return this.permute(axes);
  }
  /** Axis i of the result is axis `axes[i]` of this tensor */
  permute(axes: readonly number[]): Tensor {
    const order = axes.map((axis) => normalizeAxis('permute', axis, this.rank));
    if (new Set(order).size !== this.rank || order.length !== this.rank) {
      throw new ShapeError(`permute: ${formatShape(axes)} must name each of the ${this.rank} axes once`);
    }
    return apply(operators.permute, [this], { axes: order })[0]!;
  }
  /**
   * The same elements under another shape, without a copy; one length may be −1 and is worked out.
   *
   * @throws ShapeError where the number of elements differs
   */
  reshape(shape: Shape): Tensor {
    const known = shape.filter((length) => length !== -1);
    const missing = shape.length - known.length;
    const rest = this.size / sizeOf(known);
    if (missing > 1 || (missing === 1 && !Number.isInteger(rest))) {
      throw new ShapeError(`reshape: ${formatShape(this.shape)} cannot become ${formatShape(shape)}`);
    }
    const complete = shape.map((length) => (length === -1 ? rest : length));
    checkShape('reshape', complete);
    return apply(operators.reshape, [this], { shape: complete })[0]!;
  }
  /** The axes from `start` on as one */
  flatten(start = 0): Tensor {
    const from = this.rank === 0 ? 0 : normalizeAxis('flatten', start, this.rank);
    return this.reshape([...this.shape.slice(0, from), sizeOf(this.shape.slice(from))]);
  }
  /** Without the axes of length 1: all of them, or those named */
  squeeze(axes?: Axes): Tensor {
    const named = axes === undefined ? undefined : normalizeAxes('squeeze', axes, this.rank);
    const long = named?.find((axis) => this.shape[axis] !== 1);
    if (long !== undefined) {
      throw new ShapeError(
        `squeeze: axis ${long} of ${formatShape(this.shape)} has ${this.shape[long]} entries, not 1`,
      );
    }
    return this.reshape(this.shape.filter((length, axis) => (named ? !named.includes(axis) : length !== 1)));
  }
  /** With an axis of length 1 before the given one */
  unsqueeze(axis: number): Tensor {
    const at = normalizeAxis('unsqueeze', axis, this.rank + 1);
    return this.reshape([...this.shape.slice(0, at), 1, ...this.shape.slice(at)]);
  }
  /** Repeated to the shape under the rules of broadcasting */
  broadcastTo(shape: Shape): Tensor {
    return sameShape(this.shape, shape) ? this.#view() : apply(operators.broadcast, [this], { shape: [...shape] })[0]!;
  }
  /** Summed over the axes along which the shape would be broadcast to this one: what gradients of broadcasts need */
  sumTo(shape: Shape): Tensor {
    if (sameShape(this.shape, shape)) return this.#view();
    if (!sameShape(broadcastShapes('sumTo', this.shape, shape), this.shape)) {
      throw new ShapeError(`sumTo: ${formatShape(shape)} does not broadcast to ${formatShape(this.shape)}`);
    }
    const missing = this.rank - shape.length;
    const axes = this.shape.flatMap((length, axis) =>
      axis < missing || (shape[axis - missing] === 1 && length !== 1) ? [axis] : [],
    );
    return this.sum(axes, { keepDims: true }).reshape(shape);
  }
  /**
   * A part of the tensor: one range for each of the first axes.
   *
   * @throws ShapeError where an index or a range lies outside, or a step is not 1 or more
   */
  slice(ranges: readonly SliceRange[]): Tensor {
    if (ranges.length > this.rank) {
      throw new ShapeError(`slice: ${ranges.length} ranges for the ${this.rank} axes of ${formatShape(this.shape)}`);
    }
    const starts: number[] = [];
    const steps: number[] = [];
    const shape: number[] = [];
    this.shape.forEach((length, axis) => {
      const range = ranges[axis] ?? [];
      const single = typeof range === 'number';
      const [from = 0, to = length, step = 1] = single ? [range] : range;
      const start = from < 0 ? from + length : from;
      const end = single ? start + 1 : to < 0 ? to + length : to;
      if (
        ![start, end].every((at) => Number.isInteger(at) && at >= 0 && at <= length) ||
        !Number.isInteger(step) ||
        step < 1
      ) {
        throw new ShapeError(
          `slice: ${single ? range : `[${range}]`} of axis ${axis} of ${formatShape(this.shape)}: ` +
            (single
              ? `the index must be an integer from ${-length} to ${length - 1}`
              : `start and end must be integers from ${-length} to ${length}, the step one of 1 or more`),
        );
      }
      starts.push(start);
      steps.push(step);
      shape.push(Math.max(0, Math.ceil((end - start) / step)));
    });
    const [part] = apply(operators.slice, [this], { starts, shape, steps }) as [Tensor];
    const dropped = ranges.flatMap((range, axis) => (typeof range === 'number' ? [axis] : []));
    return dropped.length === 0 ? part : part.squeeze(dropped);
  }
  /**
   * With `value` added before and after each of the axes.
   *
   * @param widths [before, after] for every axis
   */
  pad(widths: readonly (readonly [number, number])[], value = 0): Tensor {
    if (
      widths.length !== this.rank ||
      widths.some((pair) => pair.some((width) => !Number.isInteger(width) || width < 0))
    ) {
      throw new ShapeError(
        `pad: [${widths.map((pair) => `[${pair}]`)}] for ${formatShape(this.shape)}: ` +
          'every axis needs two integers of 0 or more',
      );
    }
    checkElement('pad', value, this.dtype);
    return apply(operators.pad, [this], {
      starts: widths.map(([before]) => before),
      shape: this.shape.map((length, axis) => widths[axis]![0] + length + widths[axis]![1]),
      steps: this.shape.map(() => 1),
      value,
    })[0]!;
  }
  /**
   * Elements picked along an axis by an int32 tensor: result[i, j, k] = this[i, index[i, j, k], k].
   *
   * @throws ShapeError where the shapes differ along another axis
   * @throws ArgumentError where an index is out of range
   */
  gather(axis: number, index: Tensor): Tensor {
    return apply(operators.gather, [this, index], { axis: normalizeAxis('gather', axis, this.rank) })[0]!;
  }
  /** The inverse of gather: result[i, index[i, j, k], k] is the sum of all this[i, j, k], along an axis of `length` */
  scatterAdd(axis: number, index: Tensor, length: number): Tensor {
    return apply(operators.scatterAdd, [this, index], {
      axis: normalizeAxis('scatterAdd', axis, this.rank),
      length,
    })[0]!;
  }
  /** Whole slices picked along an axis by a list of positions (int32, one axis) */
  take(axis: number, positions: Tensor): Tensor {
    const at = normalizeAxis('take', axis, this.rank);
    if (positions.rank !== 1)
      throw new ShapeError(`take: positions ${formatShape(positions.shape)} must have one axis`);
    const shape = this.shape.map((length, each) => (each === at ? positions.size : length));
    const column = positions.reshape(shape.map((_, each) => (each === at ? positions.size : 1)));
    return this.gather(at, column.broadcastTo(shape));
  }

  /** The elements as another type: to integers by truncation (modulo 2^32; NaN is 0), to bool by comparison with 0 */
  cast(dtype: DType): Tensor {
    return dtype === this.dtype ? this.#view() : apply(operators.cast, [this], { dtype })[0]!;
  }
  /** A copy with elements of its own, without history: gradients do not flow through it */
  clone(): Tensor {
    const copy = new Tensor(this.shape, this.dtype, this.device);
    this.device.kernels.copy(this, copy);
    return copy;
  }
  /** The same elements without history: gradients do not flow through it */
  detach(): Tensor {
    return new Tensor(this.shape, this.dtype, this.device, this.buffer as Buffer);
  }
  /** The tensor on another device, without history: the same elements where that shares the memory, else a copy */
  async to(device: Device): Promise<Tensor> {
    if (device.memory === this.device.memory) return new Tensor(this.shape, this.dtype, device, this.buffer);
    const elements = await this.data();
    const moved = new Tensor(this.shape, this.dtype, device);
    device.memory.write(moved, elements);
    return moved;
  }
  /**
   * In place: takes over the elements of another tensor. A gradient that still needs the old ones will refuse to run.
   *
   * @throws ShapeError | DTypeError | DeviceError where shape, type or memory differ
   * @throws GradientError where this tensor was computed from others that require gradients
   */
  assign(source: Tensor): this {
    checkSameType('assign', this, source);
    checkSameMemory('assign', this, source);
    if (this.history && !this.history.isLeaf) {
      throw new GradientError(
        'assign: the tensor was computed from others that require gradients, which would not know of the new elements: ' +
          'assign to a clone()',
      );
    }
    if (!sameShape(this.shape, source.shape)) {
      throw new ShapeError(`assign: ${formatShape(source.shape)} to ${formatShape(this.shape)}: the shapes differ`);
    }
    this.device.kernels.copy(source, this);
    this.buffer.version++;
    return this;
  }

  /** The elements as a person wants to see them; long axes are shortened. */
  override toString(): string {
    if (this.disposed || !this.device.memory.readNow) {
      return `tensor(${formatShape(this.shape)}, ${this.dtype}, ${this.disposed ? 'freed' : this.device.name})`;
    }
    return formatTensor(this.dataSync(), this.shape, this.dtype);
  }

  #unary(operator: Operator<readonly [Tensor], void>): Tensor {
    return apply(operator, [this], undefined)[0]!;
  }

  #binary(operator: Operator<readonly [Tensor, Tensor], void>, other: TensorLike): Tensor {
    const operand = typeof other === 'number' ? this.#scalar(operator.name, other) : other;
    return apply(operator, [this, operand], undefined)[0]!;
  }

  /** Another handle of the same elements. */
  #view(): Tensor {
    return apply(operators.reshape, [this], { shape: this.shape })[0]!;
  }

  /** A number as an operand of the operation, with the type and on the device of this tensor. */
  #scalar(operation: string, value: number): Tensor {
    checkElement(operation, value, this.dtype);
    const scalar = new Tensor([], this.dtype, this.device);
    this.device.kernels.fill(scalar, value);
    return scalar;
  }

  #shapeWithout(axes: readonly number[], options: ReductionOptions | undefined): Shape {
    return options?.keepDims
      ? this.shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
      : this.shape.filter((_, axis) => !axes.includes(axis));
  }

  /** For a tensor in which the axes have length 1 already. */
  #dropAxes(axes: readonly number[], options: ReductionOptions | undefined): Tensor {
    return options?.keepDims || axes.length === 0 ? this : this.reshape(this.#shapeWithout(axes, options));
  }

  /** The axes flattened into one that comes last. */
  #reducedLast(axes: readonly number[]): Tensor {
    const rest = this.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
    const order = [...rest, ...axes];
    const ordered = order.every((axis, i) => axis === i) ? this : this.permute(order);
    const lengthOf = (axis: number) => this.shape[axis]!;
    return ordered.reshape([...rest.map(lengthOf), sizeOf(axes.map(lengthOf))]);
  }

  #extreme(name: 'max' | 'min', axes: Axes, options: ReductionOptions | undefined): Tensor {
    const reduced = normalizeAxes(name, axes, this.rank);
    const shape = this.#shapeWithout(reduced, options);
    const runs = runsOf(reduced);
    // Ties share the gradient evenly over all the axes only where one reduction sees them all.
    if (runs.length <= 1) {
      return runs.length === 0
        ? this.#view()
        : apply(operators[name], [this], runs[0]!)[0]!.#dropAxes(reduced, options);
    }
    const last = this.#reducedLast(reduced);
    return apply(operators[name], [last], { first: last.rank - 1, end: last.rank })[0]!.reshape(shape);
  }

  #argExtreme(name: 'argmax' | 'argmin', axis: number | undefined, options: ReductionOptions | undefined): Tensor {
    if (axis === undefined) {
      const [position] = apply(operators[name], [this.flatten()], { first: 0, end: 1 }) as [Tensor];
      return position.reshape(options?.keepDims ? this.shape.map(() => 1) : []);
    }
    const first = normalizeAxis(name, axis, this.rank);
    return apply(operators[name], [this], { first, end: first + 1 })[0]!.#dropAxes([first], options);
  }

  #alongLast(name: 'softmax' | 'logSoftmax', axis: number): Tensor {
    const at = normalizeAxis(name, axis, this.rank);
    if (at === this.rank - 1) return this.#unary(operators[name]);
    const order = this.shape.map((_, each) => each);
    [order[at], order[this.rank - 1]] = [this.rank - 1, at];
    return this.permute(order).#unary(operators[name]).permute(order);
  }

  #lastFrom(start: number, end: number): Tensor {
    return this.slice([...this.shape.slice(0, -1).map(() => [] as const), [start, end]]);
  }

  #padLast(length: number, value: number): Tensor {
    const missing = length - this.shape.at(-1)!;
    if (missing === 0) return this;
    return this.pad([...this.shape.slice(0, -1).map(() => [0, 0] as const), [0, missing]], value);
  }
}

/**
 * a where the condition (bool) holds, b elsewhere; all three broadcast.
 *
 * @throws DTypeError where the condition is not bool, or the types of a and b differ
 */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return apply(operators.where, [condition, a, b], undefined)[0]!;
}
