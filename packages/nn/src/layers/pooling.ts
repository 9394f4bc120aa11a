import {
  averagePool1d,
  averagePool2d,
  maxPool1d,
  maxPool2d,
  type Pair,
  type PoolingOptions,
  type Tensor,
} from '@pnn/tensor';
import { Module } from '../module.js';

abstract class Pool<Size extends Pair> extends Module {
  constructor(
    readonly kernelSize: Size,
    protected readonly options: PoolingOptions<Size> = {},
  ) {
    super();
  }

  override describe(): string {
    const settings = (['stride', 'padding'] as const).flatMap((name) =>
      this.options[name] === undefined ? [] : [`${name} ${this.options[name]}`],
    );
    return [`kernel ${this.kernelSize}`, ...settings].join(', ');
  }
}

/** The largest element of each window of planes [N,C,H,W]. */
export class MaxPool2d extends Pool<Pair> {
  override forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this.options);
  }
}

/** The mean of each window of planes [N,C,H,W], padding counted as zeros. */
export class AvgPool2d extends Pool<Pair> {
  override forward(x: Tensor): Tensor {
    return averagePool2d(x, this.kernelSize, this.options);
  }
}

/** The largest element of each window of lines [N,C,L]. */
export class MaxPool1d extends Pool<number> {
  override forward(x: Tensor): Tensor {
    return maxPool1d(x, this.kernelSize, this.options);
  }
}

/** The mean of each window of lines [N,C,L], padding counted as zeros. */
export class AvgPool1d extends Pool<number> {
  override forward(x: Tensor): Tensor {
    return averagePool1d(x, this.kernelSize, this.options);
  }
}

function spatialAxes(x: Tensor): number[] {
  return x.shape.slice(2).map((_, axis) => axis + 2);
}

/** The mean of each channel over all its places: [N,C,…] → [N,C]. */
export class GlobalAvgPool extends Module {
  override forward(x: Tensor): Tensor {
    this.checkInput(x, [3, 4], '[N,C,L] or [N,C,H,W]');
    return x.mean(spatialAxes(x));
  }
}

/** The largest element of each channel over all its places: [N,C,…] → [N,C]. */
export class GlobalMaxPool extends Module {
  override forward(x: Tensor): Tensor {
    this.checkInput(x, [3, 4], '[N,C,L] or [N,C,H,W]');
    return x.max(spatialAxes(x));
  }
}
