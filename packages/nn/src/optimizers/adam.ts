import { type Tensor, updateInPlace } from '@pnn/tensor';
import type { ParametersOrGroups } from '../parameter-groups.js';
import { checkEpsilon, type MomentOptions, OptimizerWithBetas } from './betas.js';
import type { ParameterUpdate } from './optimizer.js';
import { decayed } from './weight-decay.js';

/** Options of Adam and AdamW. */
export interface AdamOptions extends MomentOptions {
  /**
   * Divides by the largest second moment so far, which only grows (AMSGrad).
   *
   * @default false
   */
  readonly amsgrad?: boolean;
}

abstract class AdaptiveMoments extends OptimizerWithBetas {
  readonly #epsilon: number;
  readonly #decoupled: boolean;
  readonly #amsgrad: boolean;

  protected constructor(
    name: string,
    parameters: ParametersOrGroups,
    options: AdamOptions,
    weightDecay: number,
    decoupled: boolean,
  ) {
    const { lr = 1e-3, betas = [0.9, 0.999], epsilon = 1e-8, amsgrad = false } = options;
    checkEpsilon(name, epsilon);
    const moments = ['moment1', 'moment2', ...(amsgrad ? ['largestMoment2'] : [])];
    // Absent where it is off, as in the states that were taken before there was the option.
    const chosen = { ...options, lr, weightDecay, betas, epsilon, amsgrad: amsgrad || undefined };
    super(name, parameters, chosen, moments);
    this.#epsilon = epsilon;
    this.#decoupled = decoupled;
    this.#amsgrad = amsgrad;
  }

  protected override update(update: ParameterUpdate): void {
    if (this.#amsgrad) this.#updateByLargest(update);
    else this.#updateFused(update);
  }

  #updateFused({ parameter, gradient, moments, learningRate, weightDecay, step }: ParameterUpdate): void {
    const [beta1, beta2] = this.betas;
    const settings = {
      learningRate,
      beta1,
      beta2,
      epsilon: this.#epsilon,
      weightDecay,
      decoupled: this.#decoupled,
      step,
    };
    updateInPlace(parameter, (kernels) => kernels.adam(parameter, gradient, moments[0]!, moments[1]!, settings));
  }

  #updateByLargest({ parameter, gradient, moments, learningRate, weightDecay, step }: ParameterUpdate): void {
    const [beta1, beta2] = this.betas;
    const [moment1, moment2, largest] = moments as [Tensor, Tensor, Tensor];
    const g = this.#decoupled ? gradient : decayed(gradient, parameter, weightDecay);
    moment1.assignLerp(g, 1 - beta1);
    moment2.assignLerp(g.square(), 1 - beta2);
    largest.assign(largest.maximum(moment2));
    const denominator = largest
      .sqrt()
      .div(Math.sqrt(1 - beta2 ** step))
      .add(this.#epsilon);
    const kept = this.#decoupled ? parameter.mul(1 - learningRate * weightDecay) : parameter;
    parameter.assign(kept.sub(moment1.div(denominator).mul(learningRate / (1 - beta1 ** step))));
  }
}

/**
 * Adam: with g = gradient + weightDecay·θ, m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²,
 * θ ← θ − lr·m̂/(√v̂ + ε) where m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ). By default, lr is 1e-3 and weightDecay 0.
 *
 * Source: Kingma & Ba, "Adam: A Method for Stochastic Optimization" (arXiv 1412.6980), algorithm 1; `amsgrad` is that of
 * Reddi, Kale & Kumar, "On the Convergence of Adam and Beyond" (ICLR 2018), as PyTorch has it.
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
