import {
  type AveragePoolingOptions,
  adaptiveAveragePool1d,
  adaptiveAveragePool2d,
  adaptiveAveragePool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  averagePool1d,
  averagePool2d,
  averagePool3d,
  type MaxPoolingOptions,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type Pair,
  type Tensor,
  type Triple,
} from '@pnn/tensor';
import { Module } from '../module.js';
import { formatSettings } from './settings.js';

abstract class Pool<Size, Options extends object> extends Module {
  readonly kernelSize: Size;
  protected readonly options: Options;

  constructor(kernelSize: Size, options: Options = {} as Options) {
    super();
    this.kernelSize = kernelSize;
    this.options = options;
  }

  override describe(): string {
    const names = ['stride', 'padding', 'dilation', 'ceilMode', 'countIncludePad'];
    return [`kernel ${this.kernelSize}`, ...formatSettings(this.options, names)].join(', ');
  }
}

/** The largest element of each window of planes [N,C,H,W]. */
export class MaxPool2d extends Pool<Pair, MaxPoolingOptions<Pair>> {
  override forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this.options);
  }
}

/** The mean of each window of planes [N,C,H,W], padding counted as zeros unless told otherwise. */
export class AvgPool2d extends Pool<Pair, AveragePoolingOptions<Pair>> {
  override forward(x: Tensor): Tensor {
    return averagePool2d(x, this.kernelSize, this.options);
  }
}

/** The largest element of each window of lines [N,C,L]. */
export class MaxPool1d extends Pool<number, MaxPoolingOptions<number>> {
  override forward(x: Tensor): Tensor {
    return maxPool1d(x, this.kernelSize, this.options);
  }
}

/** The mean of each window of lines [N,C,L], padding counted as zeros unless told otherwise. */
export class AvgPool1d extends Pool<number, AveragePoolingOptions<number>> {
  override forward(x: Tensor): Tensor {
    return averagePool1d(x, this.kernelSize, this.options);
  }
}

/** The largest element of each window of volumes [N,C,D,H,W]. */
export class MaxPool3d extends Pool<Triple, MaxPoolingOptions<Triple>> {
  override forward(x: Tensor): Tensor {
    return maxPool3d(x, this.kernelSize, this.options);
  }
}

/** The mean of each window of volumes [N,C,D,H,W], padding counted as zeros unless told otherwise. */
export class AvgPool3d extends Pool<Triple, AveragePoolingOptions<Triple>> {
  override forward(x: Tensor): Tensor {
    return averagePool3d(x, this.kernelSize, this.options);
  }
}

abstract class AdaptivePool<Size> extends Module {
  readonly outputSize: Size;

  constructor(outputSize: Size) {
    super();
    this.outputSize = outputSize;
  }

  override describe(): string {
    return `size ${this.outputSize}`;
  }
}

/** The means of so many bins of lines: [N,C,L] → [N,C,size]. */
export class AdaptiveAvgPool1d extends AdaptivePool<number> {
  override forward(x: Tensor): Tensor {
    return adaptiveAveragePool1d(x, this.outputSize);
  }
}

/** The means of so many bins of planes: [N,C,H,W] → [N,C,…size]. */
export class AdaptiveAvgPool2d extends AdaptivePool<Pair> {
  override forward(x: Tensor): Tensor {
    return adaptiveAveragePool2d(x, this.outputSize);
  }
}

/** The means of so many bins of volumes: [N,C,D,H,W] → [N,C,…size]. */
export class AdaptiveAvgPool3d extends AdaptivePool<Triple> {
  override forward(x: Tensor): Tensor {
    return adaptiveAveragePool3d(x, this.outputSize);
  }
}

/** The largest elements of so many bins of lines: [N,C,L] → [N,C,size]. */
export class AdaptiveMaxPool1d extends AdaptivePool<number> {
  override forward(x: Tensor): Tensor {
    return adaptiveMaxPool1d(x, this.outputSize);
  }
}

/** The largest elements of so many bins of planes: [N,C,H,W] → [N,C,…size]. */
export class AdaptiveMaxPool2d extends AdaptivePool<Pair> {
  override forward(x: Tensor): Tensor {
    return adaptiveMaxPool2d(x, this.outputSize);
  }
}

/** The largest elements of so many bins of volumes: [N,C,D,H,W] → [N,C,…size]. */
export class AdaptiveMaxPool3d extends AdaptivePool<Triple> {
  override forward(x: Tensor): Tensor {
    return adaptiveMaxPool3d(x, this.outputSize);
  }
}

const layouts = '[N,C,L], [N,C,H,W] or [N,C,D,H,W]';

function spatialAxes(x: Tensor): number[] {
  return x.shape.slice(2).map((_, axis) => axis + 2);
}

/** The mean of each channel over all its places: [N,C,…] → [N,C]. */
export class GlobalAvgPool extends Module {
  override forward(x: Tensor): Tensor {
    this.checkInput(x, [3, 4, 5], layouts);
    return x.mean(spatialAxes(x));
  }
}

/** The largest element of each channel over all its places: [N,C,…] → [N,C]. */
export class GlobalMaxPool extends Module {
  override forward(x: Tensor): Tensor {
    this.checkInput(x, [3, 4, 5], layouts);
    return x.max(spatialAxes(x));
  }
}
