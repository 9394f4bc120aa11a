import type { Tensor } from '@pnn/tensor';
import type { ParametersOrGroups } from '../parameter-groups.js';
import { checkEpsilon, type MomentOptions, OptimizerWithBetas } from './betas.js';
import type { ParameterUpdate } from './optimizer.js';
import { decayed } from './weight-decay.js';

/**
 * Adam without a need for a warm-up: with g = gradient + weightDecay·θ, m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g² and
 * ρ∞ = 2/(1 − β₂) − 1, ρₜ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ): θ ← θ − lr·r·m̂·√(1 − β₂ᵗ)/(√v + ε) where ρₜ is above 5, with
 * r² = (ρₜ − 4)(ρₜ − 2)ρ∞/((ρ∞ − 4)(ρ∞ − 2)ρₜ) and m̂ = m/(1 − β₁ᵗ), and θ ← θ − lr·m̂ before. By default, lr is 1e-3 and
 * weightDecay 0.
 *
 * Source: Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond" (arXiv 1908.03265), algorithm 2, in the
 * form that torch.optim.RAdam documents.
 */
export class RAdam extends OptimizerWithBetas {
  readonly #epsilon: number;

  /** @throws ArgumentError where there are no parameters, one occurs twice, or an option is out of range */
  constructor(parameters: ParametersOrGroups, options: MomentOptions = {}) {
    const { lr = 1e-3, weightDecay = 0, betas = [0.9, 0.999], epsilon = 1e-8 } = options;
    checkEpsilon('RAdam', epsilon);
    super('RAdam', parameters, { ...options, lr, weightDecay, betas, epsilon }, ['moment1', 'moment2']);
    this.#epsilon = epsilon;
  }

  protected override update({ parameter, gradient, moments, learningRate, weightDecay, step }: ParameterUpdate): void {
    const [beta1, beta2] = this.betas;
    const [moment1, moment2] = moments as [Tensor, Tensor];
    const g = decayed(gradient, parameter, weightDecay);
    moment1.assignLerp(g, 1 - beta1);
    moment2.assignLerp(g.square(), 1 - beta2);
    const correction = 1 - beta2 ** step;
    const limit = 2 / (1 - beta2) - 1;
    const length = limit - (2 * step * beta2 ** step) / correction;
    const rate = learningRate / (1 - beta1 ** step);
    if (length <= 5) {
      parameter.assign(parameter.sub(moment1.mul(rate)));
      return;
    }
    const square = ((length - 4) * (length - 2) * limit) / ((limit - 4) * (limit - 2) * length);
    const denominator = moment2.sqrt().add(this.#epsilon);
    parameter.assign(parameter.sub(moment1.div(denominator).mul(rate * Math.sqrt(correction * square))));
  }
}
