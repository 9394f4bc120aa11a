import {
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  numbersOf,
  type Pair,
  pairOf,
  type Tensor,
  type TransposedConvolutionOptions,
  type Triple,
} from '@pnn/tensor';
import { ConvolutionLayer, type ConvolutionSettings } from './convolution-layer.js';

/** Options of a transposed convolution layer. */
export interface TransposedConvolutionLayerOptions<Size>
  extends TransposedConvolutionOptions<Size>,
    ConvolutionSettings {}

/** Transposed two-dimensional convolution: [N,C,H,W] → [N,F,OH,OW]. Weights start kaiming-uniform, the bias at 0. */
export class ConvTranspose2d extends ConvolutionLayer<TransposedConvolutionLayerOptions<Pair>> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernel: Pair,
    options: TransposedConvolutionLayerOptions<Pair> = {},
  ) {
    super(inChannels, outChannels, pairOf('ConvTranspose2d', 'kernel', kernel, 1), options, 'channels first');
  }

  override forward(x: Tensor): Tensor {
    this.checkInput(x, [4], '[N,C,H,W]');
    return convTranspose2d(x, this.weight, this.bias, this.options);
  }
}

/** Transposed one-dimensional convolution: [N,C,L] → [N,F,OL]. Weights start kaiming-uniform, the bias at 0. */
export class ConvTranspose1d extends ConvolutionLayer<TransposedConvolutionLayerOptions<number>> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernel: number,
    options: TransposedConvolutionLayerOptions<number> = {},
  ) {
    super(inChannels, outChannels, [kernel], options, 'channels first');
  }

  override forward(x: Tensor): Tensor {
    this.checkInput(x, [3], '[N,C,L]');
    return convTranspose1d(x, this.weight, this.bias, this.options);
  }
}

/** Transposed three-dimensional convolution: [N,C,D,H,W] → [N,F,OD,OH,OW]. Weights start kaiming-uniform, the bias at 0. */
export class ConvTranspose3d extends ConvolutionLayer<TransposedConvolutionLayerOptions<Triple>> {
  constructor(
    inChannels: number,
    outChannels: number,
    kernel: Triple,
    options: TransposedConvolutionLayerOptions<Triple> = {},
  ) {
    super(inChannels, outChannels, numbersOf('ConvTranspose3d', 'kernel', kernel, 3, 1), options, 'channels first');
  }

  override forward(x: Tensor): Tensor {
    this.checkInput(x, [5], '[N,C,D,H,W]');
    return convTranspose3d(x, this.weight, this.bias, this.options);
  }
}
