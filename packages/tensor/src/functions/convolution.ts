import { apply } from '../apply.js';
import { ShapeError } from '../errors.js';
import { checkInteger } from '../operator.js';
import { operators } from '../operators/index.js';
import { formatShape, type Pair, pairOf } from '../shape.js';
import type { Tensor } from '../tensor.js';

/** How a convolution moves. @default stride, dilation and groups 1, padding 0 */
export interface ConvolutionOptions<Size> {
  readonly stride?: Size;
  readonly padding?: Size;
  readonly dilation?: Size;
  readonly groups?: number;
}

/**
 * Two-dimensional cross-correlation: x [N,C,H,W], weight [F,C/groups,KH,KW], bias [F] → [N,F,OH,OW] with
 * OH = ⌊(H + 2·padding − dilation·(KH − 1) − 1)/stride⌋ + 1.
 *
 * @throws ShapeError where the shapes do not fit
 */
export function conv2d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvolutionOptions<Pair> = {}): Tensor {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  checkInteger('conv2d', 'groups', groups, 1);
  return apply(operators.conv2d, [x, weight, bias], {
    kernel: [weight.shape[2] ?? 1, weight.shape[3] ?? 1],
    stride: pairOf('conv2d', 'stride', stride, 1),
    padding: pairOf('conv2d', 'padding', padding, 0),
    dilation: pairOf('conv2d', 'dilation', dilation, 1),
    groups,
  })[0]!;
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
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  return conv2d(x.unsqueeze(2), weight.unsqueeze(2), bias, {
    stride: [1, stride],
    padding: [0, padding],
    dilation: [1, dilation],
    groups,
  }).squeeze(2);
}
