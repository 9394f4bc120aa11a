import type { DType } from './dtype.js';
import type { Shape } from './shape.js';

/** Where a device keeps the elements of a tensor. */
export interface Buffer {
  /** Number of tensors that look at these elements. */
  references: number;
  /** Counts the changes in place. */
  version: number;
}

/** What a kernel sees of a tensor: contiguous row-major elements of one type. */
export interface Operand {
  readonly shape: Shape;
  readonly size: number;
  readonly dtype: DType;
  readonly buffer: Buffer;
}

/** Functions of one number, applied to every element. */
export const unaryNames = [
  'neg',
  'abs',
  'sign',
  'exp',
  'exp2',
  'expm1',
  'log',
  'log2',
  'log10',
  'log1p',
  'sqrt',
  'reciprocal',
  'square',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'asinh',
  'acosh',
  'atanh',
  'sigmoid',
  'relu',
  'silu',
  'gelu',
  'softplus',
  'erf',
  'erfc',
  'floor',
  'ceil',
  'round',
  'trunc',
] as const;
export type UnaryName = (typeof unaryNames)[number];

/**
 * Functions of two numbers of one type. `remainder` has the sign of b and `fmod` that of a (0 where b is the integer 0);
 * `reluGradient(a, b)` is a where b > 0 and 0 elsewhere: ReLU's gradient.
 */
export const binaryNames = [
  'add',
  'sub',
  'mul',
  'div',
  'remainder',
  'fmod',
  'pow',
  'maximum',
  'minimum',
  'atan2',
  'hypot',
  'reluGradient',
] as const;
export type BinaryName = (typeof binaryNames)[number];

/** Comparisons of two numbers of one type; their results are of type bool. */
export const comparisonNames = ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'] as const;
export type ComparisonName = (typeof comparisonNames)[number];

/** Reductions that keep the type. */
export type ReductionName = 'sum' | 'max' | 'min';

/** How elements that go to one place are joined with what is there; with `replace` the last one stays. */
export type ScatterReduction = 'replace' | 'add' | 'mul' | 'max' | 'min';

/** Reductions to the position of an element. */
export type ArgReductionName = 'argmax' | 'argmin';

/** A tensor seen as [outer, length, inner], of which the middle is reduced. */
export interface ReductionLayout {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** Products of m×k and k×n matrices; a transposed operand is stored as k×m or n×k. */
export interface MatmulLayout {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** The axes over which the product is repeated, and the strides of the operands along them in matrices. */
  readonly batch: Shape;
  readonly aStrides: readonly number[];
  readonly bStrides: readonly number[];
}

/**
 * A matrix most of whose elements are 0, row by row: those of row j are `weights[e]` in column `positions[e]`, for e from
 * `starts[j]` up to but not including `starts[j + 1]`.
 */
export interface SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly starts: readonly number[];
  readonly positions: readonly number[];
  readonly weights: readonly number[];
}

/** Which system of equations a triangular matrix stands for. */
export interface TriangularForm {
  /** Whether the matrix is 0 below its diagonal, not above it; what is stored there is not read. */
  readonly upper: boolean;
  /** Whether the system is that of the transposed matrix. */
  readonly transpose: boolean;
  /** Whether there are ones on the diagonal; what is stored there is not read. */
  readonly unitDiagonal: boolean;
}

/** How a window moves over the rows and columns of a plane. */
export interface WindowGeometry {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** Rows above the plane and columns to its left, and as many on the other sides unless `paddingAfter` says other. */
  readonly padding: readonly [number, number];
  /**
   * Rows below the plane and columns to its right; negative where windows leave out the last ones. Kernels need not read
   * it: the size of the output follows from it.
   */
  readonly paddingAfter?: readonly [number, number];
  readonly dilation: readonly [number, number];
}

/** A convolution: the window, and the number of groups that the channels are cut into. */
export interface ConvolutionGeometry extends WindowGeometry {
  readonly groups: number;
}

/**
 * What the coefficients of a polynomial are multiplied by, with t = x/bound, s = 2t² − 1 and u = 2s² − 1.
 * `even-odd`: p(x) = E(s) + t·O(s) in powers of s; those of E, then those of O.
 * `twice-even-odd`: the same, but E and O are split once more, such as E(s) = A(u) + s·B(u): term k is s^(k mod 2)·u^⌊k/2⌋.
 * Coefficients are then so small that float32 keeps its digits at every degree up to 32. A value beyond float32 may be NaN
 * instead of infinite.
 * `monomial`: p(x) = Σ c_k t^k.
 */
export type PolynomialBasis = 'even-odd' | 'twice-even-odd' | 'monomial';

/** How a polynomial is written and where it holds. */
export interface PolynomialForm {
  readonly basis: PolynomialBasis;
  /** The number of coefficients of E (all of them in the monomial basis). */
  readonly evenTerms: number;
  /** B: the polynomial is meant for inputs from −B to B. */
  readonly bound: number;
  /** Beyond the bound: the polynomial itself, or its tangent at the boundary. */
  readonly outside: 'polynomial' | 'tangent';
}

/** A penalty on inputs beyond a limit, averaged over the elements. With e = max(|x| − limit, 0): */
export interface Penalty {
  /** `exponential`: exp(e) − 1; `quadratic`: e²; `power`: (|x|/limit)^10, as in PILLAR. */
  readonly form: 'exponential' | 'quadratic' | 'power';
  /** αB. */
  readonly limit: number;
  /**
   * The excess from which the penalty goes on along its tangent: e for the first two forms, (|x|/limit − 1) for the
   * third. Infinity never leaves the formula.
   */
  readonly cap: number;
}

/** A polynomial activation, with a penalty on its inputs or without one. */
export interface PolynomialActivationForm extends PolynomialForm {
  readonly penalty: Penalty | undefined;
}

/** Which numbers a random kernel draws: word i of the stream goes to element i. */
export interface RandomStream {
  readonly seed: number;
  readonly stream: string;
  readonly position: number;
  /** The shard of a batch that they are drawn for: see `drawForShard`. */
  readonly shard: number;
}

/** The settings of one step of stochastic gradient descent. */
export interface SgdSettings {
  readonly learningRate: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly weightDecay: number;
  readonly nesterov: boolean;
  /** Whether this is the first step, which starts the momentum instead of averaging. */
  readonly first: boolean;
}

/** The settings of one step of Adam. */
export interface AdamSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** AdamW's weight decay, which does not pass through the moments. */
  readonly decoupled: boolean;
  /** 1 for the first step. */
  readonly step: number;
}

/**
 * What a device can compute: the compiler names every kernel that a device lacks. Shapes and types were checked before
 * a kernel is called; outputs are allocated, not initialized, and overlap no input unless it says "in place".
 */
export interface Kernels {
  readonly unary: Readonly<Record<UnaryName, (x: Operand, out: Operand) => void>>;
  /** Operands broadcast to the shape of the output. On CPU devices `out` may be an operand of that shape itself. */
  readonly binary: Readonly<Record<BinaryName, (a: Operand, b: Operand, out: Operand) => void>>;
  readonly comparison: Readonly<Record<ComparisonName, (a: Operand, b: Operand, out: Operand) => void>>;
  readonly reduction: Readonly<Record<ReductionName, (x: Operand, out: Operand, layout: ReductionLayout) => void>>;
  /** The first position of the extreme value, NaN being the most extreme. */
  readonly argReduction: Readonly<
    Record<ArgReductionName, (x: Operand, out: Operand, layout: ReductionLayout) => void>
  >;

  /** a where the condition holds, b elsewhere; all three broadcast. */
  where(condition: Operand, a: Operand, b: Operand, out: Operand): void;
  cast(x: Operand, out: Operand): void;
  fill(out: Operand, value: number): void;
  /** In place: the elements of x go to out. */
  copy(x: Operand, out: Operand): void;
  broadcast(x: Operand, out: Operand): void;
  permute(x: Operand, out: Operand, axes: readonly number[]): void;
  /** Every `steps`-th element from `starts` on, as many as out has; a negative step goes backward. */
  slice(x: Operand, out: Operand, starts: readonly number[], steps: readonly number[]): void;
  /** The inverse of slice: x is spread over out from `starts` on, the rest is `value`. */
  pad(x: Operand, out: Operand, starts: readonly number[], steps: readonly number[], value: number): void;
  concat(inputs: readonly Operand[], out: Operand, axis: number): void;
  /** out[i, j, k] = x[i, index[i, j, k], k] along the axis; along the others the index may have length 1 and is repeated. */
  gather(x: Operand, index: Operand, out: Operand, axis: number): void;
  /**
   * out is x (0 where none is given), into which each source[i, j, k] goes at [i, index[i, j, k], k], in the order of j;
   * along the axes other than this one the index may have length 1 and is repeated.
   */
  scatter(
    x: Operand | undefined,
    index: Operand,
    source: Operand,
    out: Operand,
    axis: number,
    reduction: ScatterReduction,
  ): void;
  /**
   * Along the middle axis, from its first place to its last or (`reverse`) back: y ← factors·y + terms, starting from the
   * first of the terms. Without factors the sums of the terms so far, without terms the products of the factors so far.
   */
  scan(
    factors: Operand | undefined,
    terms: Operand | undefined,
    out: Operand,
    layout: ReductionLayout,
    reverse: boolean,
  ): void;
  /**
   * Positions of the k largest (or smallest) elements of every row of the last axis, in order: NaN counts as the largest,
   * equal ones go by position.
   */
  topk(x: Operand, indices: Operand, largest: boolean): void;
  /**
   * Counts the elements in equal bins from low to high, one on an edge in the bin that begins there; elements beyond count
   * in the bins at the ends.
   */
  histogram(x: Operand, counts: Operand, low: number, high: number): void;

  matmul(a: Operand, b: Operand, out: Operand, layout: MatmulLayout): void;
  /**
   * x […,n,n] → L·U, each matrix with its rows and columns in another order: row i and column j of the product are row
   * rows[i] and column columns[j] of x (int32, […,n,1] and […,1,n]). Complete pivoting: the next pivot is the largest of all
   * elements that are left, by |x|, so that those on the diagonal of U that are 0 come last. Both go to out, without the ones
   * on the diagonal of L.
   *
   * @param operation what needs regular matrices, if something does: devices that compute at once throw an ArgumentError in
   *   its name where one is singular
   */
  lu(x: Operand, out: Operand, rows: Operand, columns: Operand, operation: string | undefined): void;
  /** a⁻¹·b or (transposed) a⁻ᵀ·b for triangular matrices a […,n,n] and b […,n,m]; a 0 on the diagonal is divided by. */
  triangularSolve(a: Operand, b: Operand, out: Operand, form: TriangularForm): void;
  /**
   * x […,n,n] → L with L·Lᵀ = x and zeros above its diagonal; of x, elements above the diagonal are not read. Devices that
   * compute at once throw an ArgumentError where x is not positive definite, others give NaN.
   */
  cholesky(x: Operand, out: Operand): void;
  /** out[i, j, k] = Σ_l matrix[j, l]·x[i, l, k] along the axis; elements that the matrix does not name are not read. */
  sparseMatmul(x: Operand, out: Operand, axis: number, matrix: SparseMatrix): void;
  /** x [N,C,H,W], weight [F,C/groups,KH,KW], bias [F] → out [N,F,OH,OW]. */
  conv2d(x: Operand, weight: Operand, bias: Operand | undefined, out: Operand, geometry: ConvolutionGeometry): void;
  conv2dInputGradient(gradient: Operand, weight: Operand, out: Operand, geometry: ConvolutionGeometry): void;
  conv2dWeightGradient(gradient: Operand, x: Operand, out: Operand, geometry: ConvolutionGeometry): void;

  /**
   * Discrete Fourier transforms along the middle axis of [outer, length, inner] complex numbers, which are pairs in the last
   * axis of x: out_k = Σ_t x_t·e^(−2πi·k·t/length), or (`inverse`) with the conjugate root; neither is divided by the length.
   */
  fft(x: Operand, out: Operand, layout: ReductionLayout, inverse: boolean): void;

  /** Also gives the position of each maximum (the first one, NaN before all) in its plane; padding never wins. */
  maxPool2d(x: Operand, out: Operand, indices: Operand, geometry: WindowGeometry): void;
  /** Reads (or adds up) by the positions that maxPool2d found with this window. */
  maxPool2dSelect(x: Operand, indices: Operand, out: Operand): void;
  maxPool2dGradient(gradient: Operand, indices: Operand, out: Operand, geometry: WindowGeometry): void;
  /** The mean over the window, padding counted as zeros. */
  averagePool2d(x: Operand, out: Operand, geometry: WindowGeometry): void;
  averagePool2dGradient(gradient: Operand, out: Operand, geometry: WindowGeometry): void;

  /** Along the last axis. */
  softmax(x: Operand, out: Operand): void;
  logSoftmax(x: Operand, out: Operand): void;
  /** logits [N,C], labels [N] → losses [N] and the softmax [N,C] that the gradient needs. */
  crossEntropy(logits: Operand, labels: Operand, losses: Operand, softmax: Operand, labelSmoothing: number): void;
  crossEntropyGradient(
    gradient: Operand,
    softmax: Operand,
    labels: Operand,
    out: Operand,
    labelSmoothing: number,
  ): void;

  /** x [N,C,…] → out = (x − mean)/√(variance + ε)·γ + β with the statistics of each channel; variance is biased. */
  batchNorm(
    x: Operand,
    gamma: Operand | undefined,
    beta: Operand | undefined,
    out: Operand,
    mean: Operand,
    variance: Operand,
    epsilon: number,
  ): void;
  /** In memory that is computed in place (`DeviceMemory`), out may be the gradient. */
  batchNormGradient(
    gradient: Operand,
    x: Operand,
    gamma: Operand | undefined,
    mean: Operand,
    variance: Operand,
    out: Operand,
    gammaGradient: Operand,
    betaGradient: Operand,
    epsilon: number,
  ): void;

  /**
   * coefficients [d + 1], or [C, d + 1] for x [N,C,…]. In one pass: the value, the mean penalty (a scalar; 0 without
   * one) and the range: max |x|, the number of inputs beyond the bound, the number that are not finite.
   */
  polynomial(
    x: Operand,
    coefficients: Operand,
    out: Operand,
    penalty: Operand,
    range: Operand,
    form: PolynomialActivationForm,
  ): void;
  /**
   * Gradients of x and (where wanted) of the coefficients from those of the value and of the penalty, where given. In memory
   * that is computed in place (`DeviceMemory`), out may be the gradient of the value.
   */
  polynomialGradient(
    gradient: Operand | undefined,
    penaltyGradient: Operand | undefined,
    x: Operand,
    coefficients: Operand,
    out: Operand,
    coefficientGradient: Operand | undefined,
    form: PolynomialActivationForm,
  ): void;

  /** Uniform in [0, 1). */
  uniform(out: Operand, random: RandomStream): void;
  /** `scale` with the given probability, 0 otherwise. */
  bernoulli(out: Operand, probability: number, scale: number, random: RandomStream): void;

  /** √Σx² over all elements of all operands, of one type; a scalar of that type. */
  euclideanNorm(operands: readonly Operand[], out: Operand): void;
  /** In place: x is multiplied by the scalar. */
  scale(x: Operand, factor: Operand): void;
  /** In place: x ← (1 − weight)·x + weight·factor·y, of one shape and a floating type. */
  lerp(x: Operand, y: Operand, weight: number, factor: number): void;
  /** In place: parameter and velocity (undefined without momentum). */
  sgd(parameter: Operand, gradient: Operand, velocity: Operand | undefined, settings: SgdSettings): void;
  /** In place: parameter and both moments. */
  adam(parameter: Operand, gradient: Operand, moment1: Operand, moment2: Operand, settings: AdamSettings): void;
}
