import { apply } from '../apply.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { checkInteger } from '../operator.js';
import { checkConvolution } from '../operators/convolution.js';
import { operators } from '../operators/index.js';
import { formatShape, type Pair, type Triple } from '../shape.js';
import type { Tensor } from '../tensor.js';
import {
  type AxisWindow,
  axisWindows,
  noWindow,
  type Padding,
  planeGeometry,
  windowCount,
  windowMatrix,
} from '../windows.js';
import { sparseMatmul } from './sparse.js';

/** How a convolution moves. @default stride, dilation and groups 1, padding 0 */
export interface ConvolutionOptions<Size> {
  readonly stride?: Size;
  readonly padding?: Padding<Size>;
  /**
   * What the padding is made of: zeros, the mirrored input, its elements at the edge, or those of its other end.
   *
   * @default 'zeros'
   */
  readonly paddingMode?: 'zeros' | 'reflect' | 'replicate' | 'circular';
  readonly dilation?: Size;
  readonly groups?: number;
}

interface Settings {
  /** x, with the padding that is not made of zeros. */
  readonly input: Tensor;
  /** Along the axes of the input after the first two. */
  readonly windows: readonly AxisWindow[];
  readonly groups: number;
}

function settingsOf(
  operation: string,
  x: Tensor,
  kernel: readonly number[],
  options: ConvolutionOptions<number | readonly number[]>,
): Settings {
  const { stride = 1, padding = 0, paddingMode = 'zeros', dilation = 1, groups = 1 } = options;
  checkInteger(operation, 'groups', groups, 1);
  const windows = axisWindows(operation, x.shape.slice(2), kernel, { stride, padding, dilation });
  if (paddingMode === 'zeros' || x.rank !== windows.length + 2) return { input: x, windows, groups };
  if (!['reflect', 'replicate', 'circular'].includes(paddingMode)) {
    throw new ArgumentError(
      `${operation}: paddingMode must be 'zeros', 'reflect', 'replicate' or 'circular', not '${paddingMode}'`,
    );
  }
  const input = x.pad([[0, 0], [0, 0], ...windows.map(({ before, after }) => [before, after] as const)], paddingMode);
  return { input, windows: windows.map((window) => ({ ...window, before: 0, after: 0 })), groups };
}

/**
 * Two-dimensional cross-correlation: x [N,C,H,W], weight [F,C/groups,KH,KW], bias [F] → [N,F,OH,OW] with
 * OH = ⌊(H + 2·padding − dilation·(KH − 1) − 1)/stride⌋ + 1.
 *
 * @throws ShapeError where the shapes do not fit
 */
export function conv2d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvolutionOptions<Pair> = {}): Tensor {
  const { input, windows, groups } = settingsOf('conv2d', x, [weight.shape[2] ?? 1, weight.shape[3] ?? 1], options);
  return apply(operators.conv2d, [input, weight, bias], { ...planeGeometry(windows), groups })[0]!;
}

/**
 * One-dimensional cross-correlation: x [N,C,L], weight [F,C/groups,K], bias [F] → [N,F,OL].
 *
 * @throws ShapeError where the shapes do not fit
 */
export function conv1d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvolutionOptions<number> = {}): Tensor {
  if (x.rank !== 3 || weight.rank !== 3) {
    throw new ShapeError(
      `conv1d: input ${formatShape(x.shape)}, weight ${formatShape(weight.shape)}: they must be [N,C,L] and [F,C/groups,K]`,
    );
  }
  const { input, windows, groups } = settingsOf('conv1d', x, [weight.shape[2]!], options);
  checkConvolution('conv1d', input, weight, bias, groups);
  windowCount('conv1d', input.shape, 2, windows[0]!);
  const attributes = { ...planeGeometry([noWindow, ...windows]), groups };
  return apply(operators.conv2d, [input.unsqueeze(2), weight.unsqueeze(2), bias], attributes)[0]!.squeeze(2);
}

/**
 * Three-dimensional cross-correlation: x [N,C,D,H,W], weight [F,C/groups,KD,KH,KW], bias [F] → [N,F,OD,OH,OW]. The depth
 * of the window becomes channels, and so needs KD times the memory of x.
 *
 * @throws ShapeError where the shapes do not fit
 */
export function conv3d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvolutionOptions<Triple> = {}): Tensor {
  if (x.rank !== 5 || weight.rank !== 5) {
    throw new ShapeError(
      `conv3d: input ${formatShape(x.shape)}, weight ${formatShape(weight.shape)}: they must be [N,C,D,H,W] and ` +
        '[F,C/groups,KD,KH,KW]',
    );
  }
  const { input, windows, groups } = settingsOf('conv3d', x, weight.shape.slice(2), options);
  const [images, channels, length, height, width] = input.shape as [number, number, number, number, number];
  const [filters, groupChannels, depth, ...kernel] = weight.shape as [number, number, number, number, number];
  checkConvolution('conv3d', input, weight, bias, groups);
  const [along, ...over] = windows as [AxisWindow, AxisWindow, AxisWindow];
  const [count] = windows.map((window, axis) => windowCount('conv3d', input.shape, 2 + axis, window)) as [number];
  const planes = sparseMatmul(input, 2, windowMatrix(length, count, along))
    .reshape([images, channels * depth, count, height, width])
    .permute([0, 2, 1, 3, 4])
    .reshape([images * count, channels * depth, height, width]);
  const flatWeight = weight.reshape([filters, groupChannels * depth, ...kernel]);
  const [output] = apply(operators.conv2d, [planes, flatWeight, bias], { ...planeGeometry(over), groups }) as [Tensor];
  return output.reshape([images, count, ...output.shape.slice(1)]).permute([0, 2, 1, 3, 4]);
}
