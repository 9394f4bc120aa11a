import { checkOption } from '../options.js';
import type { ParametersOrGroups } from '../parameter-groups.js';
import { checkEpsilon, checkMomentum } from './betas.js';
import { Optimizer, type OptimizerOptions, type ParameterUpdate } from './optimizer.js';
import { decayed } from './weight-decay.js';

/** Options of RMSprop. */
export interface RMSpropOptions extends OptimizerOptions {
  /**
   * The share of the mean square that is left after a step, from 0 to below 1.
   *
   * @default 0.99
   */
  readonly alpha?: number;
  /**
   * Added to the root of the mean square, above 0.
   *
   * @default 1e-8
   */
  readonly epsilon?: number;
  /**
   * The share of the velocity that is left after a step, from 0 to below 1.
   *
   * @default 0
   */
  readonly momentum?: number;
  /**
   * Whether the gradient is divided by its standard deviation instead of its root mean square.
   *
   * @default false
   */
  readonly centered?: boolean;
}

/**
 * RMSprop: with g = gradient + weightDecay·θ, v ← αv + (1 − α)g², θ ← θ − lr·g/(√v + ε). If centered, √(v − ḡ²) stands
 * for √v, where ḡ ← αḡ + (1 − α)g. With momentum, θ ← θ − lr·b, where b ← momentum·b + g/(√v + ε). By default, lr is 0.01
 * and weightDecay 0.
 *
 * Source: Tieleman & Hinton, "Neural Networks for Machine Learning" (2012), lecture 6.5, in the form that
 * torch.optim.RMSprop documents.
 */
export class RMSprop extends Optimizer {
  readonly #alpha: number;
  readonly #epsilon: number;
  readonly #hasVelocity: boolean;
  readonly #centered: boolean;
  #momentum: number;

  /** @throws ArgumentError where there are no parameters, one occurs twice, or an option is out of range */
  constructor(parameters: ParametersOrGroups, options: RMSpropOptions = {}) {
    const { lr = 0.01, weightDecay = 0, alpha = 0.99, epsilon = 1e-8, momentum = 0, centered = false } = options;
    checkOption(alpha >= 0 && alpha < 1, 'RMSprop', 'alpha', 'from 0 to below 1', alpha);
    checkEpsilon('RMSprop', epsilon);
    checkMomentum('RMSprop', momentum);
    const hasVelocity = momentum > 0;
    const moments = ['meanSquare', ...(hasVelocity ? ['velocity'] : []), ...(centered ? ['mean'] : [])];
    super('RMSprop', parameters, { ...options, lr, weightDecay, alpha, epsilon, momentum, centered }, moments);
    this.#alpha = alpha;
    this.#epsilon = epsilon;
    this.#hasVelocity = hasVelocity;
    this.#centered = centered;
    this.#momentum = momentum;
  }

  override get momentum(): number | undefined {
    return this.#hasVelocity ? this.#momentum : undefined;
  }
  override set momentum(value: number | undefined) {
    if (!this.#hasVelocity) super.momentum = value;
    checkMomentum('RMSprop', value);
    this.#momentum = value;
  }

  protected override update({ parameter, gradient, moments, learningRate, weightDecay }: ParameterUpdate): void {
    const g = decayed(gradient, parameter, weightDecay);
    const [meanSquare] = moments;
    meanSquare!.assignLerp(g.square(), 1 - this.#alpha);
    let square = meanSquare!;
    if (this.#centered) {
      const mean = moments.at(-1)!.assignLerp(g, 1 - this.#alpha);
      // Below 0 by rounding where the gradient is always the same.
      square = square.sub(mean.square()).maximum(0);
    }
    let change = g.div(square.sqrt().add(this.#epsilon));
    if (this.#hasVelocity) {
      const velocity = moments[1]!;
      change = velocity.assign(velocity.mul(this.#momentum).add(change));
    }
    parameter.assign(parameter.sub(change.mul(learningRate)));
  }
}
