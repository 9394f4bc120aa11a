import { apply } from '../apply.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { checkFloat, checkInteger, checkSameType } from '../operator.js';
import { operators } from '../operators/index.js';
import { formatShape, numbersOf, type Pair, type Shape, type Triple } from '../shape.js';
import { transposeSparse } from '../sparse-matrix.js';
import type { Tensor } from '../tensor.js';
import { type AxisWindow, noWindow, planeGeometry, reachOf, windowMatrix } from '../windows.js';
import { sparseMatmul } from './sparse.js';

/** How a transposed convolution moves. @default stride, dilation and groups 1, padding and outputPadding 0 */
export interface TransposedConvolutionOptions<Size> {
  readonly stride?: Size;
  /** What the convolution that this is the transpose of adds on both sides: so much is cut off here. */
  readonly padding?: Size;
  /** Elements that are added behind, where several lengths lead to the length of x under the stride. */
  readonly outputPadding?: Size;
  readonly dilation?: Size;
  readonly groups?: number;
}

/** The windows of the convolution that is transposed, and the lengths of the axes that it starts from. */
interface Transposed {
  readonly windows: readonly AxisWindow[];
  readonly lengths: readonly number[];
  readonly groups: number;
}

const axisNames = ['D', 'H', 'W'];

/** Checks everything but the bias. */
function transposedOf(
  operation: string,
  x: Tensor,
  weight: Tensor,
  rank: number,
  options: TransposedConvolutionOptions<number | readonly number[]>,
): Transposed {
  const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options;
  checkInteger(operation, 'groups', groups, 1);
  checkFloat(operation, x);
  checkSameType(operation, x, weight);
  const shapes = `${operation}: input ${formatShape(x.shape)}, weight ${formatShape(weight.shape)}, groups ${groups}`;
  if (x.rank !== rank + 2 || weight.rank !== rank + 2) {
    const names = rank === 1 ? ['L'] : axisNames.slice(3 - rank);
    const kernels = names.map((name) => (rank === 1 ? 'K' : `K${name}`));
    throw new ShapeError(`${shapes}: the input must be [N,C,${names}], the weight [C,F/groups,${kernels}]`);
  }
  if (x.shape[1] !== weight.shape[0]) {
    throw new ShapeError(`${shapes}: the weight is for ${weight.shape[0]} channels, not ${x.shape[1]}`);
  }
  if (x.shape[1]! % groups !== 0) {
    throw new ShapeError(`${shapes}: the groups do not divide the ${x.shape[1]} channels`);
  }
  const kernel = weight.shape.slice(2);
  if (kernel.includes(0)) throw new ShapeError(`${shapes}: a window needs an element`);
  const strides = numbersOf(operation, 'stride', stride, rank, 1);
  const paddings = numbersOf(operation, 'padding', padding, rank, 0);
  const added = numbersOf(operation, 'outputPadding', outputPadding, rank, 0);
  const dilations = numbersOf(operation, 'dilation', dilation, rank, 1);
  if (added.some((each, axis) => each >= Math.max(strides[axis]!, dilations[axis]!))) {
    throw new ArgumentError(
      `${operation}: outputPadding ${outputPadding} must be smaller than the stride ${stride} or the dilation ${dilation}`,
    );
  }
  const windows = kernel.map((own, axis) => ({
    kernel: own,
    stride: strides[axis]!,
    dilation: dilations[axis]!,
    before: paddings[axis]!,
    // So that as many windows fit as x has elements.
    after: paddings[axis]! - added[axis]!,
  }));
  const lengths = windows.map((window, axis) => {
    const length = (x.shape[2 + axis]! - 1) * window.stride + reachOf(window) - window.before - window.after;
    if (length < 1 || x.shape[2 + axis] === 0) {
      throw new ShapeError(
        `${shapes}: axis ${2 + axis} of the output would have ${Math.max(0, length)} elements: give a larger input, or less padding`,
      );
    }
    return length;
  });
  return { windows, lengths, groups };
}

/** @throws ShapeError | DTypeError where the bias does not have one number for each filter, of the type of x */
function biased(operation: string, output: Tensor, bias: Tensor | undefined): Tensor {
  if (!bias) return output;
  checkSameType(operation, output, bias);
  const filters = output.shape[1]!;
  if (bias.rank !== 1 || bias.size !== filters) {
    throw new ShapeError(
      `${operation}: bias ${formatShape(bias.shape)} for ${filters} filters: it must be [${filters}]`,
    );
  }
  return output.add(bias.reshape([filters, ...output.shape.slice(2).map(() => 1)]));
}

/** What windows over a plane of this size, if they gave x, send back to the plane: the gradient of a convolution. */
function spreadOver(x: Tensor, weight: Tensor, plane: Shape, windows: readonly AxisWindow[], groups: number): Tensor {
  const shape = [x.shape[0]!, weight.shape[1]! * groups, ...plane];
  return apply(operators.conv2dInputGradient, [x, weight], { ...planeGeometry(windows), groups, shape })[0]!;
}

/**
 * The transpose of a two-dimensional convolution ("deconvolution"): x [N,C,H,W], weight [C,F/groups,KH,KW], bias [F] →
 * [N,F,OH,OW] with OH = (H − 1)·stride − 2·padding + dilation·(KH − 1) + outputPadding + 1.
 *
 * @throws ShapeError where the shapes do not fit
 * @throws ArgumentError where outputPadding reaches both stride and dilation
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: TransposedConvolutionOptions<Pair> = {},
): Tensor {
  const { windows, lengths, groups } = transposedOf('convTranspose2d', x, weight, 2, options);
  return biased('convTranspose2d', spreadOver(x, weight, lengths, windows, groups), bias);
}

/**
 * The transpose of a one-dimensional convolution: x [N,C,L], weight [C,F/groups,K], bias [F] → [N,F,OL].
 *
 * @throws ShapeError where the shapes do not fit
 * @throws ArgumentError where outputPadding reaches both stride and dilation
 */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: TransposedConvolutionOptions<number> = {},
): Tensor {
  const { windows, lengths, groups } = transposedOf('convTranspose1d', x, weight, 1, options);
  const plane = [1, ...lengths];
  const output = spreadOver(x.unsqueeze(2), weight.unsqueeze(2), plane, [noWindow, ...windows], groups);
  return biased('convTranspose1d', output.squeeze(2), bias);
}

/**
 * The transpose of a three-dimensional convolution: x [N,C,D,H,W], weight [C,F/groups,KD,KH,KW], bias [F] →
 * [N,F,OD,OH,OW].
 *
 * @throws ShapeError where the shapes do not fit
 * @throws ArgumentError where outputPadding reaches both stride and dilation
 */
export function convTranspose3d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: TransposedConvolutionOptions<Triple> = {},
): Tensor {
  const { windows, lengths, groups } = transposedOf('convTranspose3d', x, weight, 3, options);
  const [images, channels, count, ...plane] = x.shape as [number, number, number, number, number];
  const [, groupFilters, depth, ...kernel] = weight.shape as [number, number, number, number, number];
  const [along, ...over] = windows as [AxisWindow, AxisWindow, AxisWindow];
  const [length, ...outPlane] = lengths as [number, number, number];
  // The depth of the window is a part of the filters, and is added up along the depth of the volume afterwards.
  const planes = x.permute([0, 2, 1, 3, 4]).reshape([images * count, channels, ...plane]);
  const flatWeight = weight.reshape([channels, groupFilters * depth, ...kernel]);
  const layers = spreadOver(planes, flatWeight, outPlane, over, groups)
    .reshape([images, count, groups * groupFilters * depth, ...outPlane])
    .permute([0, 2, 1, 3, 4])
    .reshape([images, groups * groupFilters, depth * count, ...outPlane]);
  const output = sparseMatmul(layers, 2, transposeSparse(windowMatrix(length, count, along)));
  return biased('convTranspose3d', output, bias);
}
