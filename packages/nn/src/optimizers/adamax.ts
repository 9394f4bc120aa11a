import type { Tensor } from '@pnn/tensor';
import type { ParametersOrGroups } from '../parameter-groups.js';
import { checkEpsilon, type MomentOptions, OptimizerWithBetas } from './betas.js';
import type { ParameterUpdate } from './optimizer.js';
import { decayed } from './weight-decay.js';

/**
 * Adam by the infinity norm: with g = gradient + weightDecay·θ, m ← β₁m + (1 − β₁)g, u ← max(β₂u, |g| + ε),
 * θ ← θ − lr/(1 − β₁ᵗ)·m/u. By default, lr is 2e-3 and weightDecay 0.
 *
 * Source: Kingma & Ba, "Adam: A Method for Stochastic Optimization" (arXiv 1412.6980), algorithm 2, with the ε of PyTorch.
 */
export class Adamax extends OptimizerWithBetas {
  readonly #epsilon: number;

  /** @throws ArgumentError where there are no parameters, one occurs twice, or an option is out of range */
  constructor(parameters: ParametersOrGroups, options: MomentOptions = {}) {
    const { lr = 2e-3, weightDecay = 0, betas = [0.9, 0.999], epsilon = 1e-8 } = options;
    checkEpsilon('Adamax', epsilon);
    super('Adamax', parameters, { ...options, lr, weightDecay, betas, epsilon }, ['moment1', 'largest']);
    this.#epsilon = epsilon;
  }

  protected override update({ parameter, gradient, moments, learningRate, weightDecay, step }: ParameterUpdate): void {
    const [beta1, beta2] = this.betas;
    const [moment1, largest] = moments as [Tensor, Tensor];
    const g = decayed(gradient, parameter, weightDecay);
    moment1.assignLerp(g, 1 - beta1);
    largest.assign(largest.mul(beta2).maximum(g.abs().add(this.#epsilon)));
    parameter.assign(parameter.sub(moment1.div(largest).mul(learningRate / (1 - beta1 ** step))));
  }
}
