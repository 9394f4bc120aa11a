import { apply, applyBinary, applyUnary, type TensorLike, view } from './apply.js';
import type { Device } from './device.js';
import type { DType } from './dtype.js';
import { GradientError } from './errors.js';
import type { History } from './history.js';
import type { Buffer, ScatterReduction } from './kernels.js';
import * as elementwise from './methods/elementwise.js';
import * as logic from './methods/logic.js';
import { type MatmulOptions, matmul } from './methods/matmul.js';
import * as matrix from './methods/matrix.js';
import * as movement from './methods/movement.js';
import { norm, standardDeviation } from './methods/norm.js';
import { type PadFill, pad } from './methods/padding.js';
import * as reduction from './methods/reduction.js';
import { running, type ScanOptions } from './methods/scan.js';
import type { Sorted, SortOptions } from './methods/sort.js';
import * as sorting from './methods/sort.js';
import { operators } from './operators/index.js';
import { formatTensor, inspect } from './print.js';
import { formatShape, normalizeAxis, type Shape, sameShape } from './shape.js';
import { Storage } from './storage.js';

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
    return applyUnary(operators.neg, this);
  }
  /** |x|; the derivative at 0 is 0 */
  abs(): Tensor {
    return applyUnary(operators.abs, this);
  }
  /** −1, 0 or 1 */
  sign(): Tensor {
    return applyUnary(operators.sign, this);
  }
  /** e^x */
  exp(): Tensor {
    return applyUnary(operators.exp, this);
  }
  /** 2^x */
  exp2(): Tensor {
    return applyUnary(operators.exp2, this);
  }
  /** e^x − 1, exact near 0 */
  expm1(): Tensor {
    return applyUnary(operators.expm1, this);
  }
  /** Natural logarithm */
  log(): Tensor {
    return applyUnary(operators.log, this);
  }
  /** Logarithm to base 2 */
  log2(): Tensor {
    return applyUnary(operators.log2, this);
  }
  /** Logarithm to base 10 */
  log10(): Tensor {
    return applyUnary(operators.log10, this);
  }
  /** ln(1 + x), exact near 0 */
  log1p(): Tensor {
    return applyUnary(operators.log1p, this);
  }
  /** √x */
  sqrt(): Tensor {
    return applyUnary(operators.sqrt, this);
  }
  /** 1/√x */
  rsqrt(): Tensor {
    return this.sqrt().reciprocal();
  }
  /** 1/x */
  reciprocal(): Tensor {
    return applyUnary(operators.reciprocal, this);
  }
  /** x² */
  square(): Tensor {
    return applyUnary(operators.square, this);
  }
  /** Sine of an angle in radians */
  sin(): Tensor {
    return applyUnary(operators.sin, this);
  }
  /** Cosine of an angle in radians */
  cos(): Tensor {
    return applyUnary(operators.cos, this);
  }
  /** Tangent of an angle in radians */
  tan(): Tensor {
    return applyUnary(operators.tan, this);
  }
  /** The angle from −π/2 to π/2 with this sine; NaN beyond [−1, 1] */
  asin(): Tensor {
    return applyUnary(operators.asin, this);
  }
  /** The angle from 0 to π with this cosine; NaN beyond [−1, 1] */
  acos(): Tensor {
    return applyUnary(operators.acos, this);
  }
  /** The angle from −π/2 to π/2 with this tangent */
  atan(): Tensor {
    return applyUnary(operators.atan, this);
  }
  /** Hyperbolic sine */
  sinh(): Tensor {
    return applyUnary(operators.sinh, this);
  }
  /** Hyperbolic cosine */
  cosh(): Tensor {
    return applyUnary(operators.cosh, this);
  }
  /** Hyperbolic tangent */
  tanh(): Tensor {
    return applyUnary(operators.tanh, this);
  }
  /** Inverse of the hyperbolic sine */
  asinh(): Tensor {
    return applyUnary(operators.asinh, this);
  }
  /** Inverse of the hyperbolic cosine; NaN below 1 */
  acosh(): Tensor {
    return applyUnary(operators.acosh, this);
  }
  /** Inverse of the hyperbolic tangent; NaN beyond [−1, 1] */
  atanh(): Tensor {
    return applyUnary(operators.atanh, this);
  }
  /** 1/(1 + e^−x) */
  sigmoid(): Tensor {
    return applyUnary(operators.sigmoid, this);
  }
  /** max(x, 0); the derivative at 0 is 0 */
  relu(): Tensor {
    return applyUnary(operators.relu, this);
  }
  /** x·sigmoid(x) */
  silu(): Tensor {
    return applyUnary(operators.silu, this);
  }
  /** x·Φ(x) with the exact normal distribution function (Hendrycks & Gimpel, arXiv 1606.08415) */
  gelu(): Tensor {
    return applyUnary(operators.gelu, this);
  }
  /** ln(1 + e^x) without overflow */
  softplus(): Tensor {
    return applyUnary(operators.softplus, this);
  }
  /** The error function */
  erf(): Tensor {
    return applyUnary(operators.erf, this);
  }
  /** 1 − erf(x), exact where it is small */
  erfc(): Tensor {
    return applyUnary(operators.erfc, this);
  }
  /** The next integer below */
  floor(): Tensor {
    return applyUnary(operators.floor, this);
  }
  /** The next integer above */
  ceil(): Tensor {
    return applyUnary(operators.ceil, this);
  }
  /** The nearest integer, halves to the even one */
  round(): Tensor {
    return applyUnary(operators.round, this);
  }
  /** The integer part: the next integer toward 0 */
  trunc(): Tensor {
    return applyUnary(operators.trunc, this);
  }
  /** x − trunc(x), with the sign of x */
  frac(): Tensor {
    return this.sub(this.trunc());
  }
  /**
   * Numbers in place of NaN and infinities; the gradient is 0 there.
   *
   * @param values.nan @default 0
   * @param values.posinf in place of ∞. @default the largest number of the type
   * @param values.neginf in place of −∞. @default the smallest number of the type
   */
  nanToNum(values?: { readonly nan?: number; readonly posinf?: number; readonly neginf?: number }): Tensor {
    return elementwise.nanToNum(this, values);
  }

  /** a + b */
  add(other: TensorLike): Tensor {
    return applyBinary(operators.add, this, other);
  }
  /** a − b */
  sub(other: TensorLike): Tensor {
    return applyBinary(operators.sub, this, other);
  }
  /** a·b, element by element */
  mul(other: TensorLike): Tensor {
    return applyBinary(operators.mul, this, other);
  }
  /** a/b; integers are truncated toward zero, and a division by the integer 0 gives 0 */
  div(other: TensorLike): Tensor {
    return applyBinary(operators.div, this, other);
  }
  /** ⌊a/b⌋, also of integers; a division by 0 gives NaN, by the integer 0 it gives 0 */
  floorDivide(other: TensorLike): Tensor {
    return elementwise.floorDivide(this, other);
  }
  /** a − ⌊a/b⌋·b, the remainder with the sign of b, as Python's %; 0 where b is the integer 0 */
  remainder(other: TensorLike): Tensor {
    return applyBinary(operators.remainder, this, other);
  }
  /** The remainder with the sign of a, as JavaScript's %; 0 where b is the integer 0 */
  fmod(other: TensorLike): Tensor {
    return applyBinary(operators.fmod, this, other);
  }
  /** The angle in radians of the point (b, a), from −π to π; its gradients are NaN where both are 0, as PyTorch's */
  atan2(other: TensorLike): Tensor {
    return applyBinary(operators.atan2, this, other);
  }
  /** √(a² + b²) without overflow; its gradients are NaN where both are 0, as PyTorch's */
  hypot(other: TensorLike): Tensor {
    return applyBinary(operators.hypot, this, other);
  }
  /** ln(e^a + e^b) without overflow */
  logAddExp(other: Tensor): Tensor {
    return elementwise.logAddExp(this, other);
  }
  /** a + weight·(b − a) */
  lerp(end: Tensor, weight: TensorLike): Tensor {
    return this.add(end.sub(this).mul(weight));
  }
  /** a^b; NaN where a is negative and b not an integer. Integer powers beyond 2^53 lose their last digits */
  pow(exponent: TensorLike): Tensor {
    return applyBinary(operators.pow, this, exponent);
  }
  /** The larger of a and b; where they are equal, each gets half of the gradient */
  maximum(other: TensorLike): Tensor {
    return applyBinary(operators.maximum, this, other);
  }
  /** The smaller of a and b; where they are equal, each gets half of the gradient */
  minimum(other: TensorLike): Tensor {
    return applyBinary(operators.minimum, this, other);
  }
  /** a where b > 0, else 0: what ReLU's gradient is */
  reluGradient(other: Tensor): Tensor {
    return applyBinary(operators.reluGradient, this, other);
  }
  /** a limited to [low, high], each of which may be missing; the gradient is that of a from low to high inclusive */
  clamp(low: TensorLike | undefined, high?: TensorLike): Tensor {
    return elementwise.clamp(this, low, high);
  }

  /** a = b as truth values */
  equal(other: TensorLike): Tensor {
    return applyBinary(operators.equal, this, other);
  }
  /** a ≠ b as truth values; `x.notEqual(x)` is true where x is NaN */
  notEqual(other: TensorLike): Tensor {
    return applyBinary(operators.notEqual, this, other);
  }
  /** a < b as truth values */
  less(other: TensorLike): Tensor {
    return applyBinary(operators.less, this, other);
  }
  /** a ≤ b as truth values */
  lessEqual(other: TensorLike): Tensor {
    return applyBinary(operators.lessEqual, this, other);
  }
  /** a > b as truth values */
  greater(other: TensorLike): Tensor {
    return applyBinary(operators.greater, this, other);
  }
  /** a ≥ b as truth values */
  greaterEqual(other: TensorLike): Tensor {
    return applyBinary(operators.greaterEqual, this, other);
  }

  /** Whether both are not 0, as truth values */
  logicalAnd(other: Tensor): Tensor {
    return logic.and(this, other);
  }
  /** Whether one of both or both are not 0, as truth values */
  logicalOr(other: Tensor): Tensor {
    return logic.or(this, other);
  }
  /** Whether exactly one of both is not 0, as truth values */
  logicalXor(other: Tensor): Tensor {
    return logic.xor(this, other);
  }
  /** Whether x is 0, as truth values */
  logicalNot(): Tensor {
    return logic.not(this);
  }
  /** Whether x is NaN, as truth values */
  isNaN(): Tensor {
    return this.notEqual(this);
  }
  /** Whether x is ∞ or −∞, as truth values */
  isInf(): Tensor {
    return logic.infinite(this);
  }
  /** Whether x is neither infinite nor NaN, as truth values */
  isFinite(): Tensor {
    return logic.finite(this);
  }
  /**
   * |a − b| ≤ atol + rtol·|b| as truth values; infinities are close where they are equal, NaN to nothing.
   *
   * @param options.rtol @default 1e-5
   * @param options.atol @default 1e-8
   */
  isClose(other: Tensor, options?: { readonly rtol?: number; readonly atol?: number }): Tensor {
    return elementwise.isClose(this, other, options);
  }
  /** The value where the mask (bool) holds, x elsewhere; all broadcast */
  maskedFill(mask: Tensor, value: TensorLike): Tensor {
    return elementwise.maskedFill(this, mask, value);
  }

  /** Whether one element over the axes is not 0, as truth values; false without elements */
  any(axes?: reduction.Axes, options?: reduction.ReductionOptions): Tensor {
    return logic.any(this, axes, options);
  }
  /** Whether no element over the axes is 0, as truth values; true without elements */
  all(axes?: reduction.Axes, options?: reduction.ReductionOptions): Tensor {
    return logic.all(this, axes, options);
  }
  /** The number (int32) of elements over the axes that are not 0 */
  countNonzero(axes?: reduction.Axes, options?: reduction.ReductionOptions): Tensor {
    return logic.countNonzero(this, axes, options);
  }
  /** The sum over the axes; 0 where there are no elements */
  sum(axes?: reduction.Axes, options?: reduction.ReductionOptions): Tensor {
    return reduction.sum(this, axes, options);
  }
  /**
   * The mean over the axes.
   *
   * @throws DTypeError for integers: cast() them first
   */
  mean(axes?: reduction.Axes, options?: reduction.ReductionOptions): Tensor {
    return reduction.mean(this, axes, options);
  }
  /**
   * The mean squared distance from the mean over the axes.
   *
   * @param options.correction what is taken off the number of elements; 1 (the default) gives the unbiased estimate,
   *   which is NaN for a single element
   */
  variance(axes?: reduction.Axes, options?: reduction.ReductionOptions & { readonly correction?: number }): Tensor {
    return reduction.variance(this, axes, options);
  }
  /**
   * The square root of the variance over the axes, of which it takes the options; its gradient is 0 where it is 0.
   */
  std(axes?: reduction.Axes, options?: reduction.ReductionOptions & { readonly correction?: number }): Tensor {
    return standardDeviation(this, axes, options);
  }
  /**
   * (Σ|x|^p)^(1/p) over the axes: for p = ∞ the largest |x|, for −∞ the smallest, for 0 the number of elements that are not
   * 0. The gradient is 0 where the norm is 0.
   *
   * @default p 2
   */
  norm(p = 2, axes?: reduction.Axes, options?: reduction.ReductionOptions): Tensor {
    return norm(this, p, axes, options);
  }
  /**
   * The largest element over the axes; NaN where there is one. Equal largest elements share the gradient.
   *
   * @throws ShapeError where there are no elements
   */
  max(axes?: reduction.Axes, options?: reduction.ReductionOptions): Tensor {
    return reduction.extreme('max', this, axes, options);
  }
  /**
   * The smallest element over the axes; NaN where there is one. Equal smallest elements share the gradient.
   *
   * @throws ShapeError where there are no elements
   */
  min(axes?: reduction.Axes, options?: reduction.ReductionOptions): Tensor {
    return reduction.extreme('min', this, axes, options);
  }
  /** The product over the axes, by halves, so that its gradient is right where factors are 0; 1 without elements */
  prod(axes?: reduction.Axes, options?: reduction.ReductionOptions): Tensor {
    return reduction.prod(this, axes, options);
  }
  /** ln Σ e^x over one axis, without overflow */
  logSumExp(axis: number, options?: reduction.ReductionOptions): Tensor {
    return reduction.logSumExp(this, axis, options);
  }
  /** Position (int32) of the first largest element along the axis, or in the flattened tensor */
  argmax(axis?: number, options?: reduction.ReductionOptions): Tensor {
    return reduction.argExtreme('argmax', this, axis, options);
  }
  /** Position (int32) of the first smallest element along the axis, or in the flattened tensor */
  argmin(axis?: number, options?: reduction.ReductionOptions): Tensor {
    return reduction.argExtreme('argmin', this, axis, options);
  }
  /**
   * The elements in order along an axis, and their positions (int32). NaN counts as the largest; equal elements stay in
   * their order.
   */
  sort(axis = -1, options?: SortOptions): Sorted {
    return sorting.sort(this, axis, options);
  }
  /** The positions (int32) of the elements in order along an axis, as of `sort` */
  argsort(axis = -1, options?: SortOptions): Tensor {
    return sorting.argsort(this, axis, options);
  }
  /**
   * The k largest (or smallest) elements along an axis in order, and their positions (int32), as of `sort`.
   *
   * @param options.axis the last one where it is missing
   * @throws ShapeError where the axis is shorter than k
   */
  topk(k: number, options?: { readonly largest?: boolean; readonly axis?: number }): Sorted {
    return sorting.topk(this, k, options?.axis ?? -1, options?.largest ?? true);
  }
  /**
   * The element in the middle of the order along an axis (in the flattened tensor without one), the lower one where there
   * are two; NaN where there is one.
   *
   * @throws ShapeError where there are no elements
   */
  median(axis?: number, options?: reduction.ReductionOptions): Tensor {
    return sorting.median(this, axis, options);
  }
  /**
   * What the share q of the elements along an axis (of the flattened tensor without one) does not exceed, interpolated between
   * neighbors in the order; NaN where there is one.
   *
   * @throws ShapeError where there are no elements
   * @throws ArgumentError where q is not from 0 to 1
   * @throws DTypeError for integers: cast() them first
   */
  quantile(q: number, axis?: number, options?: reduction.ReductionOptions): Tensor {
    return sorting.quantile(this, q, axis, options);
  }
  /** The sums of the elements so far along an axis */
  cumsum(axis: number, options?: ScanOptions): Tensor {
    return running('cumsum', this, axis, options);
  }
  /** The products of the elements so far along an axis; gradients are right where factors are 0 */
  cumprod(axis: number, options?: ScanOptions): Tensor {
    return running('cumprod', this, axis, options);
  }
  /**
   * The number (int32) of elements in each of `bins` equal intervals from low to high. An element on an edge is above it;
   * those beyond low and high count in the intervals at the ends, NaN nowhere.
   */
  histogram(bins: number, low: number, high: number): Tensor {
    return apply(operators.histogram, [this], { bins, low, high })[0]!;
  }
  /** e^x / Σ e^x along the axis */
  softmax(axis = -1): Tensor {
    return reduction.alongAxis('softmax', this, axis);
  }
  /** ln(e^x / Σ e^x) along the axis, without overflow */
  logSoftmax(axis = -1): Tensor {
    return reduction.alongAxis('logSoftmax', this, axis);
  }

  /**
   * The matrix product over the last two axes; the axes before them broadcast. A vector counts as a row on the left, as
   * a column on the right, and its axis does not appear in the result.
   *
   * @throws ShapeError where the inner sizes differ
   */
  matmul(other: Tensor, options?: MatmulOptions): Tensor {
    return matmul(this, other, options);
  }
  /** Two axes exchanged; the last two where none are named */
  transpose(axis1 = -2, axis2 = -1): Tensor {
    return movement.transpose(this, axis1, axis2);
  }
  /** Axis i of the result is axis `axes[i]` of this tensor */
  permute(axes: readonly number[]): Tensor {
    return movement.permute(this, axes);
  }
  /**
   * The same elements under another shape, without a copy; one length may be −1 and is worked out.
   *
   * @throws ShapeError where the number of elements differs
   */
  reshape(shape: Shape): Tensor {
    return movement.reshape(this, shape);
  }
  /** The axes from `start` to `end`, both included, as one */
  flatten(start = 0, end = -1): Tensor {
    return movement.flatten(this, start, end);
  }
  /** Without the axes of length 1: all of them, or those named */
  squeeze(axes?: reduction.Axes): Tensor {
    return movement.squeeze(this, axes);
  }
  /** With an axis of length 1 before the given one */
  unsqueeze(axis: number): Tensor {
    const at = normalizeAxis('unsqueeze', axis, this.rank + 1);
    return this.reshape([...this.shape.slice(0, at), 1, ...this.shape.slice(at)]);
  }
  /** Repeated to the shape under the rules of broadcasting */
  broadcastTo(shape: Shape): Tensor {
    return sameShape(this.shape, shape) ? view(this) : apply(operators.broadcast, [this], { shape: [...shape] })[0]!;
  }
  /** Summed over the axes along which the shape would be broadcast to this one: what gradients of broadcasts need */
  sumTo(shape: Shape): Tensor {
    return movement.sumTo(this, shape);
  }
  /**
   * A part of the tensor: one range for each of the first axes. Ranges end where the axis ends, as Python's do.
   *
   * @throws ShapeError where an index lies outside, a bound is no integer, or a step is 0
   */
  slice(ranges: readonly movement.SliceRange[]): Tensor {
    return movement.slice(this, ranges);
  }
  /**
   * This tensor with the source, which broadcasts, in the place of what `slice(ranges)` takes.
   *
   * @throws ShapeError where the ranges are none of this tensor, or the source does not fit the part
   * @throws DTypeError where the types differ
   */
  sliceScatter(ranges: readonly movement.SliceRange[], source: TensorLike): Tensor {
    return movement.sliceScatter(this, ranges, source);
  }
  /**
   * With elements added before and after each of the axes; negative widths take elements away.
   *
   * @param widths [before, after] for every axis
   * @param fill a number, or where the elements come from: `replicate` repeats the one at the edge, `reflect` goes back
   *   from there without repeating it, `circular` goes on at the other end
   * @default fill 0
   * @throws ShapeError where the tensor has fewer elements along an axis than are to be taken from there
   */
  pad(widths: readonly (readonly [number, number])[], fill: PadFill = 0): Tensor {
    return pad(this, widths, fill);
  }
  /** The elements along the axes (all of them where none are named) in reverse order */
  flip(axes?: reduction.Axes): Tensor {
    return movement.flip(this, axes);
  }
  /**
   * The plane of two axes turned by 90° so many times, from the first axis toward the second.
   *
   * @default times 1, axes [0, 1]
   * @throws ShapeError where there are not two axes
   * @throws ArgumentError where `times` is not an integer
   */
  rot90(times = 1, axes: readonly [number, number] = [0, 1]): Tensor {
    return movement.rot90(this, times, axes);
  }
  /** The elements moved by the shifts along the axes (in the flattened tensor without them), around the ends */
  roll(shifts: number | readonly number[], axes?: reduction.Axes): Tensor {
    return movement.roll(this, shifts, axes);
  }
  /**
   * Parts of an axis that have `size` elements each, the last one maybe fewer, or the lengths that are given.
   *
   * @throws ShapeError where the lengths do not add up to that of the axis
   */
  split(size: number | readonly number[], axis = 0): Tensor[] {
    return movement.split(this, size, axis);
  }
  /** At most `count` parts of an axis, of equal lengths but for the last, which may be shorter */
  chunk(count: number, axis = 0): Tensor[] {
    return movement.chunk(this, count, axis);
  }
  /** The slices along an axis, without that axis: the inverse of `stack` */
  unbind(axis = 0): Tensor[] {
    return movement.unbind(this, axis);
  }
  /** The whole tensor repeated so many times along each axis; numbers beyond its axes stand for new ones before them */
  repeat(times: readonly number[]): Tensor {
    return movement.repeat(this, times);
  }
  /** Each element repeated so many times in a row along the axis */
  repeatInterleave(times: number, axis: number): Tensor {
    return movement.repeatInterleave(this, times, axis);
  }
  /** 0 above a diagonal of the last two axes; diagonal 1 is the one above the main diagonal, −1 the one below */
  tril(diagonal = 0): Tensor {
    return matrix.triangle('tril', this, diagonal);
  }
  /** 0 below a diagonal of the last two axes; diagonal 1 is the one above the main diagonal, −1 the one below */
  triu(diagonal = 0): Tensor {
    return matrix.triangle('triu', this, diagonal);
  }
  /** The elements on a diagonal of the last two axes: […, m, n] → […, k] */
  diagonal(diagonal = 0): Tensor {
    return matrix.diagonalOf(this, diagonal);
  }
  /** Square matrices that have the last axis on a diagonal, and zeros: […, k] → […, n, n] */
  diagEmbed(diagonal = 0): Tensor {
    return matrix.diagonalMatrix(this, diagonal);
  }
  /**
   * Elements picked along an axis by an int32 tensor: result[i, j, k] = this[i, index[i, j, k], k]. The index may have
   * length 1 along the other axes, and is repeated there.
   *
   * @throws ShapeError where the shapes differ otherwise
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
  /**
   * This tensor with source[i, j, k] at [i, index[i, j, k], k] in its place (the last one, where several go to one), or
   * joined with what is there by a sum, product or extreme. The index may have length 1 along the other axes.
   *
   * @param reduction how elements are joined. @default 'replace'
   * @throws ShapeError where the shapes do not fit
   * @throws ArgumentError where an index is out of range
   */
  scatter(axis: number, index: Tensor, source: TensorLike, reduction: ScatterReduction = 'replace'): Tensor {
    return movement.scatter(this, axis, index, source, reduction);
  }
  /**
   * Whole slices picked along an axis by their positions (int32 of any shape, which takes the place of the axis)
   *
   * @throws DTypeError where the positions are not int32
   * @throws ArgumentError where a position is out of range
   */
  take(axis: number, positions: Tensor): Tensor {
    return movement.take(this, axis, positions);
  }

  /** The elements as another type: to integers by truncation (modulo 2^32; NaN is 0), to bool by comparison with 0 */
  cast(dtype: DType): Tensor {
    return dtype === this.dtype ? view(this) : apply(operators.cast, [this], { dtype })[0]!;
  }
  /** @internal A tensor on the same device, not initialized, or one that looks at elements that exist already. */
  allocate(shape: Shape, dtype: DType, sharedBuffer?: Buffer): Tensor {
    return new Tensor(shape, dtype, this.device, sharedBuffer);
  }
  /** A copy with elements of its own; gradients flow through it, unless it is one of detach() */
  clone(): Tensor {
    return applyUnary(operators.clone, this);
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
    this.#checkReplaceable('assign');
    apply(operators.assign, [this, source], undefined);
    return this;
  }
  /**
   * In place: (1 − weight)·x + weight·factor·target, as running averages need it. A gradient that still needs the old
   * elements will refuse to run.
   *
   * @throws ShapeError | DTypeError | DeviceError where shape, type or memory differ
   * @throws GradientError where this tensor was computed from others that require gradients
   */
  assignLerp(target: Tensor, weight: number, factor = 1): this {
    this.#checkReplaceable('assignLerp');
    apply(operators.assignLerp, [this, target], { weight, factor });
    return this;
  }

  #checkReplaceable(operation: string): void {
    if (!this.history || this.history.isLeaf) return;
    throw new GradientError(
      `${operation}: the tensor was computed from others that require gradients, which would not know of the new ` +
        'elements: assign to a detach().clone()',
    );
  }

  /** The elements as a person wants to see them; long axes are shortened. */
  override toString(): string {
    if (this.disposed || !this.device.memory.readNow) {
      return `tensor(${formatShape(this.shape)}, ${this.dtype}, ${this.disposed ? 'freed' : this.device.name})`;
    }
    return formatTensor(this.dataSync(), this.shape, this.dtype);
  }

  /** What `console.log` shows in Node: the elements as a person wants to see them, or what is known without waiting. */
  [inspect](): string {
    return this.toString();
  }
}
