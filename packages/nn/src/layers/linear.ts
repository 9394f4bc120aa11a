import { formatShape, type RandomOptions, ShapeError, type Tensor, zeros } from '@pnn/tensor';
import { kaimingUniform } from '../initialization.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

/** Options of a fully connected layer. */
export interface LinearOptions extends RandomOptions {
  /**
   * Whether the layer adds a bias.
   *
   * @default true
   */
  readonly bias?: boolean;
}

/** x·Wᵀ + b over the last axis: [..., in] → [..., out]. Weights start kaiming-uniform, the bias at 0. */
export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: LinearOptions = {},
  ) {
    super();
    this.weight = new Parameter(kaimingUniform([outFeatures, inFeatures], options));
    this.bias = (options.bias ?? true) ? new Parameter(zeros([outFeatures], options)) : undefined;
  }

  override describe(): string {
    return `${this.inFeatures} → ${this.outFeatures}${this.bias ? '' : ', no bias'}`;
  }

  /** @throws ShapeError where the last axis of x does not have `inFeatures` entries */
  override forward(x: Tensor): Tensor {
    if (x.shape.at(-1) !== this.inFeatures) {
      throw new ShapeError(
        `Linear: ${formatShape(x.shape)}: the last axis must have the ${this.inFeatures} input features of the layer`,
      );
    }
    const product = x.matmul(this.weight, { transposeB: true });
    return this.bias ? product.add(this.bias) : product;
  }
}
