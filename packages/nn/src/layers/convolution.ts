import {
  type ConvolutionOptions,
  conv1d,
  conv2d,
  conv3d,
  numbersOf,
  type Pair,
  pairOf,
  type Tensor,
  type Triple,
} from '@pnn/tensor';
import { ConvolutionLayer, type ConvolutionSettings } from './convolution-layer.js';

/** Options of a convolution layer. */
export interface ConvolutionLayerOptions<Size> extends ConvolutionOptions<Size>, ConvolutionSettings {}

/** Two-dimensional convolution: [N,C,H,W] → [N,F,OH,OW]. Weights start kaiming-uniform, the bias at 0. */
export class Conv2d extends ConvolutionLayer<ConvolutionLayerOptions<Pair>> {
  constructor(inChannels: number, outChannels: number, kernel: Pair, options: ConvolutionLayerOptions<Pair> = {}) {
    super(inChannels, outChannels, pairOf('Conv2d', 'kernel', kernel, 1), options, 'filters first');
  }

  override forward(x: Tensor): Tensor {
    this.checkInput(x, [4], '[N,C,H,W]');
    return conv2d(x, this.weight, this.bias, this.options);
  }
}

/** One-dimensional convolution: [N,C,L] → [N,F,OL]. Weights start kaiming-uniform, the bias at 0. */
export class Conv1d extends ConvolutionLayer<ConvolutionLayerOptions<number>> {
  constructor(inChannels: number, outChannels: number, kernel: number, options: ConvolutionLayerOptions<number> = {}) {
    super(inChannels, outChannels, [kernel], options, 'filters first');
  }

  override forward(x: Tensor): Tensor {
    this.checkInput(x, [3], '[N,C,L]');
    return conv1d(x, this.weight, this.bias, this.options);
  }
}

/** Three-dimensional convolution: [N,C,D,H,W] → [N,F,OD,OH,OW]. Weights start kaiming-uniform, the bias at 0. */
export class Conv3d extends ConvolutionLayer<ConvolutionLayerOptions<Triple>> {
  constructor(inChannels: number, outChannels: number, kernel: Triple, options: ConvolutionLayerOptions<Triple> = {}) {
    super(inChannels, outChannels, numbersOf('Conv3d', 'kernel', kernel, 3, 1), options, 'filters first');
  }

  override forward(x: Tensor): Tensor {
    this.checkInput(x, [5], '[N,C,D,H,W]');
    return conv3d(x, this.weight, this.bias, this.options);
  }
}
