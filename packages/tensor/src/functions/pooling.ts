import { apply } from '../apply.js';
import { ShapeError } from '../errors.js';
import type { WindowGeometry } from '../kernels.js';
import { operators } from '../operators/index.js';
import { formatShape, type Pair, pairOf } from '../shape.js';
import type { Tensor } from '../tensor.js';

/** How a pooling window moves. @default by its own size, without padding */
export interface PoolingOptions<Size> {
  readonly stride?: Size;
  readonly padding?: Size;
}

function geometryOf(
  name: string,
  kernel: Pair,
  { stride = kernel, padding = 0 }: PoolingOptions<Pair>,
): WindowGeometry {
  return {
    kernel: pairOf(name, 'kernel', kernel, 1),
    stride: pairOf(name, 'stride', stride, 1),
    padding: pairOf(name, 'padding', padding, 0),
    dilation: [1, 1],
  };
}

/** The largest element of each window: x [N,C,H,W]; the first one gets the gradient where several are equal. */
export function maxPool2d(x: Tensor, kernel: Pair, options: PoolingOptions<Pair> = {}): Tensor {
  return apply(operators.maxPool2d, [x], geometryOf('maxPool2d', kernel, options))[0]!;
}

/** The mean of each window, padding counted as zeros: x [N,C,H,W]. */
export function averagePool2d(x: Tensor, kernel: Pair, options: PoolingOptions<Pair> = {}): Tensor {
  return apply(operators.averagePool2d, [x], geometryOf('averagePool2d', kernel, options))[0]!;
}

function alongLine(
  name: string,
  pool: typeof maxPool2d,
  x: Tensor,
  kernel: number,
  { stride = kernel, padding = 0 }: PoolingOptions<number>,
): Tensor {
  if (x.rank !== 3) throw new ShapeError(`${name}: ${formatShape(x.shape)}: the input must be [N,C,L]`);
  return pool(x.unsqueeze(2), [1, kernel], { stride: [1, stride], padding: [0, padding] }).squeeze(2);
}

/** The largest element of each window: x [N,C,L]. */
export function maxPool1d(x: Tensor, kernel: number, options: PoolingOptions<number> = {}): Tensor {
  return alongLine('maxPool1d', maxPool2d, x, kernel, options);
}

/** The mean of each window, padding counted as zeros: x [N,C,L]. */
export function averagePool1d(x: Tensor, kernel: number, options: PoolingOptions<number> = {}): Tensor {
  return alongLine('averagePool1d', averagePool2d, x, kernel, options);
}
