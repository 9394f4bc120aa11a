import {
  ArgumentError,
  DTypeError,
  formatShape,
  type Generator,
  isFloat,
  normal,
  type RandomOptions,
  randomStream,
  type Shape,
  ShapeError,
  sizeOf,
  type Tensor,
  tensor,
  uniform,
} from '@pnn/tensor';
import { checkOption } from './options.js';

/** What follows a layer, as far as the size of its weights depends on it. */
export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leaky-relu' | 'selu';

/** Which side of a layer keeps its variance: the forward pass (inputs) or the backward pass (outputs). */
export type FanMode = 'fan-in' | 'fan-out';

/**
 * The factor by which weights must be larger so that the nonlinearity behind them keeps the variance.
 *
 * @param slope that of the negative side of a leaky ReLU
 * @throws ArgumentError where the slope is not finite
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  checkOption(Number.isFinite(slope), 'calculateGain', 'slope', 'a finite number', slope);
  switch (nonlinearity) {
    case 'linear':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leaky-relu':
      return Math.sqrt(2 / (1 + slope ** 2));
    case 'selu':
      return 3 / 4;
  }
}

/**
 * The number of inputs and of outputs that each weight of a layer connects: [out, in, …kernel].
 *
 * @throws ShapeError where there are fewer than two axes
 */
export function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  const [outputs, inputs] = shape;
  if (outputs === undefined || inputs === undefined) {
    throw new ShapeError(`fans: ${formatShape(shape)}: a weight needs two axes or more, [out, in, …]`);
  }
  const field = sizeOf(shape.slice(2));
  return { fanIn: inputs * field, fanOut: outputs * field };
}

/** Options of the Kaiming initializations. */
export interface KaimingOptions extends RandomOptions {
  /** @default calculateGain('relu') */
  readonly gain?: number;
  /** @default 'fan-in' */
  readonly mode?: FanMode;
}

/** Options of the Xavier initializations. */
export interface XavierOptions extends RandomOptions {
  /** @default 1 */
  readonly gain?: number;
}

/** Options of truncatedNormal. */
export interface TruncatedNormalOptions extends RandomOptions {
  /** @default 0 */
  readonly mean?: number;
  /** @default 1 */
  readonly standardDeviation?: number;
  /** @default -2 */
  readonly low?: number;
  /** @default 2 */
  readonly high?: number;
}

/** Options of the orthogonal initialization. */
export interface OrthogonalOptions extends RandomOptions {
  /** @default 1 */
  readonly gain?: number;
}

function streamOf({ generator }: RandomOptions): Generator {
  return generator ?? randomStream('initialisation');
}

function withStream(options: RandomOptions): RandomOptions {
  return { ...options, generator: streamOf(options) };
}

function checkDeviation(name: string, shape: Shape, gain: number, fan: number): void {
  checkOption(gain >= 0 && Number.isFinite(gain), name, 'gain', 'a finite number of 0 or more', gain);
  if (fan === 0) throw new ArgumentError(`${name}: ${formatShape(shape)} connects nothing`);
}

function kaimingDeviation(shape: Shape, { gain = calculateGain('relu'), mode = 'fan-in' }: KaimingOptions): number {
  const { fanIn, fanOut } = fans(shape);
  const fan = mode === 'fan-in' ? fanIn : fanOut;
  checkDeviation('kaiming', shape, gain, fan);
  return gain / Math.sqrt(fan);
}

/** Uniform in ±gain·√(3/fan) (He et al., "Delving Deep into Rectifiers", arXiv 1502.01852). */
export function kaimingUniform(shape: Shape, options: KaimingOptions = {}): Tensor {
  const limit = Math.sqrt(3) * kaimingDeviation(shape, options);
  return uniform(shape, -limit, limit, withStream(options));
}

/** Normal with standard deviation gain/√fan (He et al., arXiv 1502.01852). */
export function kaimingNormal(shape: Shape, options: KaimingOptions = {}): Tensor {
  return normal(shape, 0, kaimingDeviation(shape, options), withStream(options));
}

function xavierDeviation(shape: Shape, gain: number): number {
  const { fanIn, fanOut } = fans(shape);
  checkDeviation('xavier', shape, gain, fanIn + fanOut);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

/** Uniform in ±gain·√(6/(fanIn + fanOut)) (Glorot & Bengio, AISTATS 2010). */
export function xavierUniform(shape: Shape, options: XavierOptions = {}): Tensor {
  const limit = Math.sqrt(3) * xavierDeviation(shape, options.gain ?? 1);
  return uniform(shape, -limit, limit, withStream(options));
}

/** Normal with standard deviation gain·√(2/(fanIn + fanOut)) (Glorot & Bengio, AISTATS 2010). */
export function xavierNormal(shape: Shape, options: XavierOptions = {}): Tensor {
  return normal(shape, 0, xavierDeviation(shape, options.gain ?? 1), withStream(options));
}

/**
 * Normal numbers from `low` to `high`: those beyond are drawn again. The limits are numbers, not standard deviations, as
 * those of PyTorch's `trunc_normal_`.
 *
 * @throws ArgumentError where the mean is not finite or not from low to high, or the deviation not positive and finite
 * @throws DTypeError for integers and truth values
 */
export function truncatedNormal(shape: Shape, options: TruncatedNormalOptions = {}): Tensor {
  const { mean = 0, standardDeviation = 1, low = -2, high = 2, dtype = 'float32' } = options;
  const name = 'truncatedNormal';
  if (!isFloat(dtype)) throw new DTypeError(`${name}: ${dtype} is not supported: draw float32 and cast()`);
  const positive = standardDeviation > 0 && Number.isFinite(standardDeviation);
  checkOption(positive, name, 'standardDeviation', 'a positive finite number', standardDeviation);
  const inside = Number.isFinite(mean) && mean >= low && mean <= high;
  checkOption(inside, name, 'mean', `a finite number from ${low} to ${high}`, mean);
  const generator = streamOf(options);
  const wide = high - low >= 2 * standardDeviation;
  const propose = (): number => {
    if (wide) return mean + standardDeviation * generator.normal();
    const x = low + (high - low) * generator.uniform();
    return generator.uniform() < Math.exp(-0.5 * ((x - mean) / standardDeviation) ** 2) ? x : Number.NaN;
  };
  // Nearly one of two is taken, or more: fewest where the mean is one limit and the other lies two deviations away.
  const draw = (): number => {
    for (;;) {
      const x = propose();
      if (x >= low && x <= high) return x;
    }
  };
  const elements = dtype === 'float64' ? new Float64Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
  for (let i = 0; i < elements.length; i++) elements[i] = draw();
  return tensor(elements, { ...options, shape });
}

/** Rows that are orthogonal to each other and have length 1, by the method of Gram and Schmidt. */
function orthonormalRows(rows: number, length: number, generator: Generator): Float64Array[] {
  const basis: Float64Array[] = [];
  while (basis.length < rows) {
    const row = Float64Array.from({ length }, () => generator.normal());
    // Once leaves what is rounded away where the row was close to those before; twice is enough.
    for (let pass = 0; pass < 2; pass++) for (const other of basis) subtractProjection(row, other);
    const norm = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
    basis.push(row.map((x) => x / norm));
  }
  return basis;
}

function subtractProjection(row: Float64Array, unit: Float64Array): void {
  let product = 0;
  for (let i = 0; i < row.length; i++) product += row[i]! * unit[i]!;
  for (let i = 0; i < row.length; i++) row[i]! -= product * unit[i]!;
}

/**
 * A random orthogonal matrix times a gain: the axes after the first count as one, and the rows, or the columns if there are
 * more rows, are orthogonal (Saxe, McClelland & Ganguli, arXiv 1312.6120).
 *
 * @throws ShapeError where there are fewer than two axes
 */
export function orthogonal(shape: Shape, options: OrthogonalOptions = {}): Tensor {
  const { gain = 1, ...place } = options;
  const generator = streamOf(options);
  const { fanIn, fanOut } = fans(shape);
  checkDeviation('orthogonal', shape, gain, fanIn * fanOut);
  const rows = shape[0]!;
  const columns = fanIn;
  const basis = orthonormalRows(Math.min(rows, columns), Math.max(rows, columns), generator);
  const elements = Float64Array.from({ length: rows * columns }, (_, i) => {
    const row = Math.floor(i / columns);
    const column = i % columns;
    return gain * (rows <= columns ? basis[row]![column]! : basis[column]![row]!);
  });
  const { dtype = 'float32' } = place;
  return tensor(dtype === 'float32' ? Float32Array.from(elements) : elements, { ...place, dtype, shape });
}
