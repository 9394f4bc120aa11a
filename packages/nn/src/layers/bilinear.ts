import {
  formatShape,
  type RandomOptions,
  randomStream,
  ShapeError,
  sameShape,
  type Tensor,
  uniform,
} from '@pnn/tensor';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import type { LinearOptions } from './linear.js';

/** Uniform in ±1/√in1, PyTorch's start of this layer. */
function uniformByFeatures(shape: readonly number[], features: number, options: RandomOptions): Parameter {
  const limit = 1 / Math.sqrt(features);
  const generator = options.generator ?? randomStream('initialisation');
  return new Parameter(uniform(shape, -limit, limit, { ...options, generator }));
}

/** x1ᵀ·A_k·x2 + b_k for each output k: [..., in1] and [..., in2] → [..., out]. Weight and bias start in ±1/√in1. */
export class Bilinear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor(
    readonly in1Features: number,
    readonly in2Features: number,
    readonly outFeatures: number,
    options: LinearOptions = {},
  ) {
    super();
    this.weight = uniformByFeatures([outFeatures, in1Features, in2Features], in1Features, options);
    this.bias = (options.bias ?? true) ? uniformByFeatures([outFeatures], in1Features, options) : undefined;
  }

  override describe(): string {
    return `${this.in1Features}, ${this.in2Features} → ${this.outFeatures}${this.bias ? '' : ', no bias'}`;
  }

  /** @throws ShapeError where the inputs do not have the features of the layer, or differ along another axis */
  override forward(x1: Tensor, x2: Tensor): Tensor {
    const leading = x1.shape.slice(0, -1);
    if (
      x1.shape.at(-1) !== this.in1Features ||
      x2.shape.at(-1) !== this.in2Features ||
      !sameShape(leading, x2.shape.slice(0, -1))
    ) {
      throw new ShapeError(
        `Bilinear: ${formatShape(x1.shape)} and ${formatShape(x2.shape)}: they must be [..., ${this.in1Features}] and ` +
          `[..., ${this.in2Features}]`,
      );
    }
    // x1ᵀ·A_k for all k in one product.
    const columns = this.weight.permute([1, 0, 2]).reshape([this.in1Features, this.outFeatures * this.in2Features]);
    const products = x1.matmul(columns).reshape([...leading, this.outFeatures, this.in2Features]);
    const output = products.mul(x2.unsqueeze(-2)).sum(-1);
    return this.bias ? output.add(this.bias) : output;
  }
}
