import { apply } from '../apply.js';
import { ShapeError } from '../errors.js';
import { checkInteger } from '../operator.js';
import { operators } from '../operators/index.js';
import { formatShape, type Pair } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { type AxisWindow, axisWindows, noWindow, type Padding, planeGeometry } from '../windows.js';

/** How a convolution moves. @default stride, dilation and groups 1, padding 0 */
export interface ConvolutionOptions<Size> {
  readonly stride?: Size;
  readonly padding?: Padding<Size>;
  readonly dilation?: Size;
  readonly groups?: number;
}

/** The windows along the axes of x after the first two, and the number of groups. */
function settingsOf(
  operation: string,
  x: Tensor,
  kernel: readonly number[],
  options: ConvolutionOptions<number | readonly number[]>,
): { readonly windows: AxisWindow[]; readonly groups: number } {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  checkInteger(operation, 'groups', groups, 1);
  return { windows: axisWindows(operation, x.shape.slice(2), kernel, { stride, padding, dilation }), groups };
}

/**
 * Two-dimensional cross-correlation: x [N,C,H,W], weight [F,C/groups,KH,KW], bias [F] → [N,F,OH,OW] with
 * OH = ⌊(H + 2·padding − dilation·(KH − 1) − 1)/stride⌋ + 1.
 *
 * @throws ShapeError where the shapes do not fit
 */
export function conv2d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvolutionOptions<Pair> = {}): Tensor {
  const { windows, groups } = settingsOf('conv2d', x, [weight.shape[2] ?? 1, weight.shape[3] ?? 1], options);
  return apply(operators.conv2d, [x, weight, bias], { ...planeGeometry(windows), groups })[0]!;
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
  const { windows, groups } = settingsOf('conv1d', x, [weight.shape[2]!], options);
  const geometry = planeGeometry([noWindow, ...windows]);
  return apply(operators.conv2d, [x.unsqueeze(2), weight.unsqueeze(2), bias], { ...geometry, groups })[0]!.squeeze(2);
}
