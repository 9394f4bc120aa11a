import type { Tensor } from '@pnn/tensor';
import { checkOption } from '../options.js';
import type { ParametersOrGroups } from '../parameter-groups.js';
import { checkBetas, checkEpsilon, type MomentOptions } from './betas.js';
import { Optimizer, type ParameterUpdate } from './optimizer.js';
import { decayed } from './weight-decay.js';

/** Options of NAdam. */
export interface NAdamOptions extends MomentOptions {
  /**
   * How fast the momentum grows to the first beta: μₜ = β₁(1 − 0.96^(t·momentumDecay)/2), 0 or more.
   *
   * @default 4e-3
   */
  readonly momentumDecay?: number;
}

/**
 * Adam that looks ahead as Nesterov does: with g = gradient + weightDecay·θ, m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²,
 * θ ← θ − lr·(g·(1 − μₜ)/(1 − μ₁…μₜ) + m·μₜ₊₁/(1 − μ₁…μₜ₊₁))/(√(v/(1 − β₂ᵗ)) + ε). By default, lr is 2e-3 and
 * weightDecay 0.
 *
 * Source: Dozat, "Incorporating Nesterov Momentum into Adam" (ICLR workshop 2016), in the form that torch.optim.NAdam has.
 */
export class NAdam extends Optimizer {
  readonly #betas: readonly [number, number];
  readonly #epsilon: number;
  readonly #momentumDecay: number;
  /** The product of μ over the steps up to `step`, of the last update. */
  #products = { step: 0, product: 1 };

  /** @throws ArgumentError where there are no parameters, one occurs twice, or an option is out of range */
  constructor(parameters: ParametersOrGroups, options: NAdamOptions = {}) {
    const { lr = 2e-3, weightDecay = 0, betas = [0.9, 0.999], epsilon = 1e-8, momentumDecay = 4e-3 } = options;
    checkBetas('NAdam', betas);
    checkEpsilon('NAdam', epsilon);
    const isDecay = momentumDecay >= 0 && Number.isFinite(momentumDecay);
    checkOption(isDecay, 'NAdam', 'momentumDecay', 'a finite number of 0 or more', momentumDecay);
    const chosen = { ...options, lr, weightDecay, betas, epsilon, momentumDecay };
    super('NAdam', parameters, chosen, ['moment1', 'moment2']);
    this.#betas = betas;
    this.#epsilon = epsilon;
    this.#momentumDecay = momentumDecay;
  }

  protected override update({ parameter, gradient, moments, learningRate, weightDecay, step }: ParameterUpdate): void {
    const [beta1, beta2] = this.#betas;
    const [moment1, moment2] = moments as [Tensor, Tensor];
    const g = decayed(gradient, parameter, weightDecay);
    moment1.assignLerp(g, 1 - beta1);
    moment2.assignLerp(g.square(), 1 - beta2);
    const denominator = moment2
      .div(1 - beta2 ** step)
      .sqrt()
      .add(this.#epsilon);
    const [mu, next] = [this.#momentumAt(step), this.#momentumAt(step + 1)];
    const product = this.#productAt(step);
    const ahead = moment1.mul(next / (1 - product * next));
    const change = g
      .mul((1 - mu) / (1 - product))
      .add(ahead)
      .div(denominator);
    parameter.assign(parameter.sub(change.mul(learningRate)));
  }

  #momentumAt(step: number): number {
    return this.#betas[0] * (1 - 0.96 ** (step * this.#momentumDecay) / 2);
  }

  /** Goes on from the last update where it can, since most parameters take the same steps. */
  #productAt(step: number): number {
    let { step: at, product } = this.#products.step <= step ? this.#products : { step: 0, product: 1 };
    while (at < step && product > 0) product *= this.#momentumAt(++at);
    this.#products = { step, product };
    return product;
  }
}
