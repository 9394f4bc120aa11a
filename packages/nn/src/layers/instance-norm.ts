import { noGrad } from '@pnn/autograd';
import { ones, scope, type Tensor, type TensorOptions, zeros } from '@pnn/tensor';
import { checkChannels, normalizeBy, normalizeInstances } from '../functions/normalization.js';
import { Module } from '../module.js';
import { checkOption } from '../options.js';
import { Parameter, StateBuffer } from '../parameter.js';

/** Options of instance normalization. */
export interface InstanceNormOptions extends TensorOptions {
  /**
   * Added to the variance.
   *
   * @default 1e-5
   */
  readonly epsilon?: number;
  /**
   * The weight of a new batch in the running statistics.
   *
   * @default 0.1
   */
  readonly momentum?: number;
  /**
   * Whether there are a weight and a bias to be learned.
   *
   * @default false
   */
  readonly affine?: boolean;
  /**
   * Whether evaluation uses running statistics, not those of each sample.
   *
   * @default false
   */
  readonly trackRunningStatistics?: boolean;
}

abstract class InstanceNorm extends Module {
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;
  readonly runningMean: StateBuffer | undefined;
  readonly runningVariance: StateBuffer | undefined;
  /** PyTorch keeps this number, too, and never counts. */
  readonly batchesTracked: StateBuffer | undefined;
  readonly #epsilon: number;
  readonly #momentum: number;

  /** @throws ArgumentError where epsilon is not positive, or the momentum not from 0 to 1 */
  constructor(
    readonly channels: number,
    options: InstanceNormOptions = {},
  ) {
    super();
    const { epsilon = 1e-5, momentum = 0.1, affine = false, trackRunningStatistics = false } = options;
    checkOption(epsilon > 0, this.constructor.name, 'epsilon', 'positive', epsilon);
    checkOption(momentum >= 0 && momentum <= 1, this.constructor.name, 'momentum', 'from 0 to 1', momentum);
    this.#epsilon = epsilon;
    this.#momentum = momentum;
    if (affine) {
      this.weight = new Parameter(ones([channels], options), 'normalization');
      this.bias = new Parameter(zeros([channels], options), 'normalization');
    }
    if (trackRunningStatistics) {
      this.runningMean = new StateBuffer(zeros([channels], options));
      this.runningVariance = new StateBuffer(ones([channels], options));
      this.batchesTracked = new StateBuffer(zeros([], { ...options, dtype: 'int32' }));
    }
  }

  override describe(): string {
    return `${this.channels}${this.weight ? ', affine' : ''}`;
  }

  /** @throws ShapeError where there are other channels, or a channel of a sample has a single number */
  protected normalize(x: Tensor): Tensor {
    checkChannels(this.constructor.name, x, this.channels);
    if (!this.training && this.runningMean && this.runningVariance) {
      return normalizeBy(x, this.runningMean, this.runningVariance, this.weight, this.bias, this.#epsilon);
    }
    const { output, mean, variance } = normalizeInstances(
      this.constructor.name,
      x,
      this.weight,
      this.bias,
      this.#epsilon,
    );
    if (this.training) noGrad(() => scope(() => this.#track(mean, variance, x.size / mean.size)));
    return output;
  }

  /** Running statistics learn from the means over the samples. */
  #track(mean: Tensor, variance: Tensor, count: number): void {
    this.runningMean?.assignLerp(mean.mean(0), this.#momentum);
    this.runningVariance?.assignLerp(variance.mean(0), this.#momentum, count / (count - 1));
  }
}

/** Normalizes each channel of each line [N,C,L] by its own statistics (Ulyanov et al., arXiv 1607.08022). */
export class InstanceNorm1d extends InstanceNorm {
  override forward(x: Tensor): Tensor {
    this.checkInput(x, [3], '[N,C,L]');
    return this.normalize(x);
  }
}

/** Normalizes each channel of each plane [N,C,H,W], like InstanceNorm1d. */
export class InstanceNorm2d extends InstanceNorm {
  override forward(x: Tensor): Tensor {
    this.checkInput(x, [4], '[N,C,H,W]');
    return this.normalize(x);
  }
}

/** Normalizes each channel of each volume [N,C,D,H,W], like InstanceNorm1d. */
export class InstanceNorm3d extends InstanceNorm {
  override forward(x: Tensor): Tensor {
    this.checkInput(x, [5], '[N,C,D,H,W]');
    return this.normalize(x);
  }
}
