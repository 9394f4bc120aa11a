import { updateInPlace } from '@pnn/tensor';
import { checkOption } from '../options.js';
import type { ParametersOrGroups } from '../parameter-groups.js';
import { Optimizer, type OptimizerOptions, type ParameterUpdate } from './optimizer.js';

/** Options of Adam and AdamW. */
export interface AdamOptions extends OptimizerOptions {
  /**
   * The shares of the two moments that are left after a step, each from 0 to below 1.
   *
   * @default [0.9, 0.999]
   */
  readonly betas?: readonly [number, number];
  /**
   * Added to the root of the second moment, above 0.
   *
   * @default 1e-8
   */
  readonly epsilon?: number;
}

abstract class AdaptiveMoments extends Optimizer {
  readonly #betas: readonly [number, number];
  readonly #epsilon: number;
  readonly #decoupled: boolean;

  protected constructor(
    name: string,
    parameters: ParametersOrGroups,
    options: AdamOptions,
    weightDecay: number,
    decoupled: boolean,
  ) {
    const { lr = 1e-3, betas = [0.9, 0.999], epsilon = 1e-8 } = options;
    const areBetas = betas.length === 2 && betas.every((beta) => beta >= 0 && beta < 1);
    checkOption(areBetas, name, 'betas', 'two numbers from 0 to below 1', `[${betas}]`);
    checkOption(epsilon > 0 && Number.isFinite(epsilon), name, 'epsilon', 'a finite number above 0', epsilon);
    super(name, parameters, { ...options, lr, weightDecay, betas, epsilon }, ['moment1', 'moment2']);
    this.#betas = betas;
    this.#epsilon = epsilon;
    this.#decoupled = decoupled;
  }

  protected override update({ parameter, gradient, moments, learningRate, weightDecay, step }: ParameterUpdate): void {
    const settings = {
      learningRate,
      beta1: this.#betas[0],
      beta2: this.#betas[1],
      epsilon: this.#epsilon,
      weightDecay,
      decoupled: this.#decoupled,
      step,
    };
    updateInPlace(parameter, (kernels) => kernels.adam(parameter, gradient, moments[0]!, moments[1]!, settings));
  }
}

/**
 * Adam: with g = gradient + weightDecay·θ, m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²,
 * θ ← θ − lr·m̂/(√v̂ + ε) where m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ). By default, lr is 1e-3 and weightDecay 0.
 *
 * Source: Kingma & Ba, "Adam: A Method for Stochastic Optimization" (arXiv 1412.6980), algorithm 1.
 */
export class Adam extends AdaptiveMoments {
  /** @throws ArgumentError where there are no parameters, one occurs twice, or an option is out of range */
  constructor(parameters: ParametersOrGroups, options: AdamOptions = {}) {
    super('Adam', parameters, options, options.weightDecay ?? 0, false);
  }
}

/**
 * Adam whose weight decay acts on the parameters alone and not through the moments: θ ← θ·(1 − lr·weightDecay) before
 * Adam's step. By default, lr is 1e-3 and weightDecay 0.01.
 *
 * Source: Loshchilov & Hutter, "Decoupled Weight Decay Regularization" (arXiv 1711.05101), algorithm 2.
 */
export class AdamW extends AdaptiveMoments {
  /** @throws ArgumentError where there are no parameters, one occurs twice, or an option is out of range */
  constructor(parameters: ParametersOrGroups, options: AdamOptions = {}) {
    super('AdamW', parameters, options, options.weightDecay ?? 0.01, true);
  }
}
