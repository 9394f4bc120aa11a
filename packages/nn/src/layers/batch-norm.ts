import { noGrad } from '@pnn/autograd';
import {
  ArgumentError,
  batchNorm,
  formatShape,
  full,
  ones,
  ShapeError,
  scope,
  type Tensor,
  type TensorOptions,
  zeros,
} from '@pnn/tensor';
import { checkChannels, normalizeBy } from '../functions/normalization.js';
import { sharedBatchNorm } from '../functions/shared-batch-norm.js';
import { Module } from '../module.js';
import { Parameter, StateBuffer } from '../parameter.js';
import { type PausableForward, pausableForward } from '../paused-forward.js';

/** Options of batch normalization. */
export interface BatchNormOptions extends TensorOptions {
  /**
   * Added to the variance.
   *
   * @default 1e-5
   */
  readonly epsilon?: number;
  /**
   * The weight of a new batch in the running statistics, or null for the plain average of all batches.
   *
   * @default 0.1
   */
  readonly momentum?: number | null;
  /**
   * Whether there are γ and β to be learned.
   *
   * @default true
   */
  readonly affine?: boolean;
  /**
   * Whether evaluation uses running statistics, not those of the batch.
   *
   * @default true
   */
  readonly trackRunningStatistics?: boolean;
}

/** What layers of all dimensions have in common. */
export abstract class BatchNorm extends Module {
  readonly gamma: Parameter | undefined;
  readonly beta: Parameter | undefined;
  readonly runningMean: StateBuffer | undefined;
  readonly runningVariance: StateBuffer | undefined;
  /** The number of batches seen (a single int32). */
  readonly batchesTracked: StateBuffer | undefined;
  /** The weight of a new batch in the running statistics, or null for the plain average of all batches. */
  momentum: number | null;
  readonly #epsilon: number;

  constructor(
    readonly channels: number,
    options: BatchNormOptions = {},
  ) {
    super();
    const { epsilon = 1e-5, momentum = 0.1, affine = true, trackRunningStatistics = true } = options;
    if (!(epsilon > 0)) throw new ArgumentError(`BatchNorm: epsilon must be positive, not ${epsilon}`);
    if (momentum !== null && !(momentum >= 0 && momentum <= 1)) {
      throw new ArgumentError(`BatchNorm: momentum must be from 0 to 1, or null, not ${momentum}`);
    }
    this.#epsilon = epsilon;
    this.momentum = momentum;
    if (affine) {
      this.gamma = new Parameter(ones([channels], options), 'normalization');
      this.beta = new Parameter(zeros([channels], options), 'normalization');
    }
    if (trackRunningStatistics) {
      this.runningMean = new StateBuffer(zeros([channels], options));
      this.runningVariance = new StateBuffer(ones([channels], options));
      this.batchesTracked = new StateBuffer(zeros([], { ...options, dtype: 'int32' }));
    }
  }

  override describe(): string {
    return `${this.channels}${this.gamma ? '' : ', not affine'}`;
  }

  /** Forgets the running statistics: mean 0, variance 1, no batch seen. */
  resetRunningStatistics(): void {
    if (!this.runningMean || !this.runningVariance || !this.batchesTracked) return;
    for (const [buffer, value] of [
      [this.runningMean, 0],
      [this.runningVariance, 1],
      [this.batchesTracked, 0],
    ] as const) {
      noGrad(() => scope(() => buffer.assign(full(buffer.shape, value, buffer))));
    }
  }

  /** @throws ShapeError where there are other channels, or batch statistics of a single value */
  protected normalize(x: Tensor): Tensor {
    checkChannels(this.constructor.name, x, this.channels);
    if (!this.training && this.runningMean && this.runningVariance) {
      return normalizeBy(x, this.runningMean, this.runningVariance, this.gamma, this.beta, this.#epsilon);
    }
    const count = x.size / this.channels;
    if (count < 2) {
      throw new ShapeError(
        `${this.constructor.name}: ${formatShape(x.shape)}: the statistics of a channel need two values or more: ` +
          'pass dropLast: true to the DataLoader if this is its last batch, or use larger batches',
      );
    }
    const forward = this.training ? pausableForward() : undefined;
    if (forward) return this.#normalizeTogether(x, forward, count);
    const { output, mean, variance } = batchNorm(x, this.gamma, this.beta, this.#epsilon);
    if (this.training) noGrad(() => scope(() => this.#track(mean, variance, count)));
    return output;
  }

  /** By the statistics of the whole batch, of which x is a shard. */
  #normalizeTogether(x: Tensor, forward: PausableForward, count: number): Tensor {
    const [mean, variance] = forward.together(() => {
      const { mean, variance } = noGrad(() => batchNorm(x, undefined, undefined, this.#epsilon));
      return [mean, variance];
    }) as [Tensor, Tensor];
    const total = count * forward.shards;
    if (forward.tracks) noGrad(() => scope(() => this.#track(mean, variance, total)));
    return sharedBatchNorm([x, this.gamma, this.beta], { mean, variance, count: total, epsilon: this.#epsilon });
  }

  #track(mean: Tensor, variance: Tensor, count: number): void {
    if (!this.runningMean || !this.runningVariance || !this.batchesTracked) return;
    this.batchesTracked.assign(this.batchesTracked.add(1));
    const unbiased = count / (count - 1);
    if (this.momentum === null) {
      const average = (old: Tensor, fresh: Tensor) => old.add(fresh.sub(old).div(this.batchesTracked!.cast(old.dtype)));
      this.runningMean.assign(average(this.runningMean, mean));
      this.runningVariance.assign(average(this.runningVariance, variance.mul(unbiased)));
      return;
    }
    this.runningMean.assignLerp(mean, this.momentum);
    this.runningVariance.assignLerp(variance, this.momentum, unbiased);
  }
}

/**
 * Normalizes each channel of planes [N,C,H,W] by the batch's statistics while training, by running ones at evaluation
 * (Ioffe & Szegedy, arXiv 1502.03167). γ and β are in the group that gradient clipping leaves alone.
 */
export class BatchNorm2d extends BatchNorm {
  override forward(x: Tensor): Tensor {
    this.checkInput(x, [4], '[N,C,H,W]');
    return this.normalize(x);
  }
}

/** Normalizes each feature of [N,C], or each channel of lines [N,C,L], like BatchNorm2d. */
export class BatchNorm1d extends BatchNorm {
  override forward(x: Tensor): Tensor {
    this.checkInput(x, [2, 3], '[N,C] or [N,C,L]');
    return this.normalize(x);
  }
}

/** Normalizes each channel of volumes [N,C,D,H,W], like BatchNorm2d. */
export class BatchNorm3d extends BatchNorm {
  override forward(x: Tensor): Tensor {
    this.checkInput(x, [5], '[N,C,D,H,W]');
    return this.normalize(x);
  }
}
