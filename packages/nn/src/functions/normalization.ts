import {
  ArgumentError,
  averagePool2d,
  batchNorm,
  formatShape,
  type NormalizedBatch,
  type Shape,
  ShapeError,
  sizeOf,
  type Tensor,
} from '@pnn/tensor';

/**
 * Each of so many rows of equal length by its own mean and variance: the kernel of batch normalization, to which every
 * row is a channel of a batch of one.
 */
export function normalizeRows(x: Tensor, rows: number, epsilon: number): NormalizedBatch {
  const { output, mean, variance } = batchNorm(x.reshape([1, rows, x.size / rows]), undefined, undefined, epsilon);
  return { output: output.reshape(x.shape), mean, variance };
}

/** @throws ShapeError where the last axes of x do not have this shape */
function checkLastAxes(name: string, x: Tensor, shape: Shape): void {
  const last = x.shape.slice(x.rank - shape.length);
  if (shape.length === 0 || x.rank < shape.length || last.some((length, i) => length !== shape[i])) {
    throw new ShapeError(`${name}: ${formatShape(x.shape)}: the last axes must be ${formatShape(shape)}`);
  }
}

/** x·weight + bias, each where it is given. */
function affine(x: Tensor, weight: Tensor | undefined, bias: Tensor | undefined, shape: Shape): Tensor {
  const scaled = weight ? x.mul(weight.reshape(shape)) : x;
  return bias ? scaled.add(bias.reshape(shape)) : scaled;
}

/**
 * (x − mean)/√(variance + ε)·weight + bias with the statistics of each row of the last axes, whose shape is given
 * (Ba et al., arXiv 1607.06450).
 *
 * @throws ShapeError where the last axes have another shape
 */
export function layerNorm(x: Tensor, normalizedShape: Shape, weight?: Tensor, bias?: Tensor, epsilon = 1e-5): Tensor {
  checkLastAxes('layerNorm', x, normalizedShape);
  const length = sizeOf(normalizedShape);
  // A single number is its own mean; and nothing is normalized by nothing.
  const normalized = x.size === 0 || length === 1 ? x.sub(x) : normalizeRows(x, x.size / length, epsilon).output;
  return affine(normalized, weight, bias, normalizedShape);
}

/** @throws ShapeError where axis 1 does not have the channels of the layer */
export function checkChannels(layer: string, x: Tensor, channels: number): void {
  if (x.shape[1] === channels) return;
  throw new ShapeError(`${layer}: ${formatShape(x.shape)}: axis 1 must have the ${channels} channels of the layer`);
}

/** The shape in which one number for each channel broadcasts over [N,C,…]. */
function perChannel(x: Tensor): Shape {
  return x.shape.map((_, axis) => (axis === 1 ? x.shape[1]! : 1));
}

/** (x − mean)/√(variance + ε)·weight + bias with statistics that are known, one for each channel of [N,C,…]. */
export function normalizeBy(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  epsilon: number,
): Tensor {
  const shape = perChannel(x);
  const deviation = variance.add(epsilon).sqrt();
  const scale = weight ? weight.div(deviation) : deviation.reciprocal();
  // First the mean: x·scale and mean·scale may be large beside their difference.
  return affine(x.sub(mean.reshape(shape)), scale, bias, shape);
}

/**
 * (x − mean)/√(variance + ε)·weight + bias with the statistics of each group of channels of each sample: x [N,C,…],
 * weight and bias [C] (Wu & He, arXiv 1803.08494).
 *
 * @throws ShapeError where the groups do not divide the channels, or a group has a single number
 */
export function groupNorm(x: Tensor, groups: number, weight?: Tensor, bias?: Tensor, epsilon = 1e-5): Tensor {
  const [samples, channels] = x.shape;
  if (channels === undefined || !Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new ShapeError(`groupNorm: ${formatShape(x.shape)}: ${groups} groups must divide the channels of [N,C,…]`);
  }
  if (x.size === 0) return affine(x, weight, bias, perChannel(x));
  const rows = samples! * groups;
  checkSeveral('groupNorm', x, rows, 'a group of channels');
  return affine(normalizeRows(x, rows, epsilon).output, weight, bias, perChannel(x));
}

/** @throws ShapeError where a row has fewer than two numbers */
function checkSeveral(name: string, x: Tensor, rows: number, what: string): void {
  if (x.size / rows >= 2) return;
  throw new ShapeError(`${name}: ${formatShape(x.shape)}: the statistics of ${what} need two values or more`);
}

/** What instance normalization computed. */
export interface NormalizedInstances {
  readonly output: Tensor;
  /** The statistics of each channel of each sample: [N,C]; the variance is biased. */
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/** Instance normalization, with the statistics that it used. */
export function normalizeInstances(
  name: string,
  x: Tensor,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  epsilon: number,
): NormalizedInstances {
  const [samples, channels] = x.shape;
  if (x.rank < 3) throw new ShapeError(`${name}: ${formatShape(x.shape)}: the input must be [N,C,…] with places`);
  const rows = samples! * channels!;
  checkSeveral(name, x, rows, 'a channel of a sample');
  const { output, mean, variance } = normalizeRows(x, rows, epsilon);
  return {
    output: affine(output, weight, bias, perChannel(x)),
    mean: mean.reshape([samples!, channels!]),
    variance: variance.reshape([samples!, channels!]),
  };
}

/**
 * (x − mean)/√(variance + ε)·weight + bias with the statistics of each channel of each sample: x [N,C,…], weight and
 * bias [C] (Ulyanov et al., arXiv 1607.08022).
 *
 * @throws ShapeError where a channel of a sample has a single number
 */
export function instanceNorm(x: Tensor, weight?: Tensor, bias?: Tensor, epsilon = 1e-5): Tensor {
  return normalizeInstances('instanceNorm', x, weight, bias, epsilon).output;
}

/**
 * x/√(mean of x² + ε)·weight over each row of the last axes, whose shape is given (Zhang & Sennrich, arXiv 1910.07467).
 *
 * @param epsilon the distance from 1 to the next number of the type, if not given
 * @throws ShapeError where the last axes have another shape
 */
export function rmsNorm(x: Tensor, normalizedShape: Shape, weight?: Tensor, epsilon?: number): Tensor {
  checkLastAxes('rmsNorm', x, normalizedShape);
  const smallest = epsilon ?? (x.dtype === 'float64' ? Number.EPSILON : 2 ** -23);
  const axes = normalizedShape.map((_, i) => x.rank - normalizedShape.length + i);
  const scale = x.square().mean(axes, { keepDims: true }).add(smallest).sqrt();
  return affine(x.div(scale), weight, undefined, normalizedShape);
}

/** Options of local response normalization. */
export interface LocalResponseOptions {
  /** @default 1e-4 */
  readonly alpha?: number;
  /** @default 0.75 */
  readonly beta?: number;
  /** @default 1 */
  readonly k?: number;
}

/**
 * x/(k + α·mean of x² over `size` neighboring channels)^β: x [N,C,…] (Krizhevsky et al., NeurIPS 2012, section 3.3; as in
 * PyTorch, channels beyond the ends count as zeros and α is divided by `size`).
 *
 * @throws ShapeError where there are no channels
 * @throws ArgumentError where the size is not a positive integer
 */
export function localResponseNorm(x: Tensor, size: number, options: LocalResponseOptions = {}): Tensor {
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
  const [samples, channels] = x.shape;
  if (x.rank < 2) throw new ShapeError(`localResponseNorm: ${formatShape(x.shape)}: the input must be [N,C,…]`);
  if (!Number.isInteger(size) || size < 1) {
    throw new ArgumentError(`localResponseNorm: size must be a positive integer, not ${size}`);
  }
  if (x.size === 0) return x.mul(1);
  const columns = x.square().reshape([samples!, 1, channels!, x.size / (samples! * channels!)]);
  const before = Math.floor(size / 2);
  const padded = columns.pad([
    [0, 0],
    [0, 0],
    [before, size - 1 - before],
    [0, 0],
  ]);
  const means = averagePool2d(padded, [size, 1], { stride: 1 }).reshape(x.shape);
  return x.div(means.mul(alpha).add(k).pow(beta));
}
