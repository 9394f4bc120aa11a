import {
  ArgumentError,
  type ConvolutionOptions,
  conv1d,
  conv2d,
  type Pair,
  pairOf,
  type RandomOptions,
  type Tensor,
  zeros,
} from '@pnn/tensor';
import { kaimingUniform } from '../initialization.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

/** Options of a convolution layer. */
export interface ConvolutionLayerOptions<Size> extends ConvolutionOptions<Size>, RandomOptions {
  /**
   * Whether the layer adds a bias.
   *
   * @default true
   */
  readonly bias?: boolean;
}

abstract class Convolution<Size extends Pair> extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    readonly kernelSize: readonly number[],
    protected readonly options: ConvolutionLayerOptions<Size>,
  ) {
    super();
    const groups = options.groups ?? 1;
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ArgumentError(
        `${this.constructor.name}: ${groups} groups do not divide ${inChannels} input and ${outChannels} output channels`,
      );
    }
    this.weight = new Parameter(kaimingUniform([outChannels, inChannels / groups, ...kernelSize], options));
    this.bias = (options.bias ?? true) ? new Parameter(zeros([outChannels], options)) : undefined;
  }

  override describe(): string {
    const settings = (['stride', 'padding', 'dilation', 'groups'] as const).flatMap((name) => {
      const value = this.options[name];
      return value === undefined ? [] : [`${name} ${value}`];
    });
    const head = `${this.inChannels} → ${this.outChannels}, kernel ${this.kernelSize.join('×')}`;
    return [head, ...settings, ...(this.bias ? [] : ['no bias'])].join(', ');
  }
}

/** Two-dimensional convolution: [N,C,H,W] → [N,F,OH,OW]. Weights start kaiming-uniform, the bias at 0. */
export class Conv2d extends Convolution<Pair> {
  constructor(inChannels: number, outChannels: number, kernel: Pair, options: ConvolutionLayerOptions<Pair> = {}) {
    super(inChannels, outChannels, pairOf('Conv2d', 'kernel', kernel, 1), options);
  }

  override forward(x: Tensor): Tensor {
    this.checkInput(x, [4], '[N,C,H,W]');
    return conv2d(x, this.weight, this.bias, this.options);
  }
}

/** One-dimensional convolution: [N,C,L] → [N,F,OL]. Weights start kaiming-uniform, the bias at 0. */
export class Conv1d extends Convolution<number> {
  constructor(inChannels: number, outChannels: number, kernel: number, options: ConvolutionLayerOptions<number> = {}) {
    super(inChannels, outChannels, [kernel], options);
  }

  override forward(x: Tensor): Tensor {
    this.checkInput(x, [3], '[N,C,L]');
    return conv1d(x, this.weight, this.bias, this.options);
  }
}
