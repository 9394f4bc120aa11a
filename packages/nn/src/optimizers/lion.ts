import type { ParametersOrGroups } from '../parameter-groups.js';
import { OptimizerWithBetas } from './betas.js';
import type { OptimizerOptions, ParameterUpdate } from './optimizer.js';

/** Options of Lion. */
export interface LionOptions extends OptimizerOptions {
  /**
   * The shares of the moment that the direction and the next moment have, each from 0 to below 1.
   *
   * @default [0.9, 0.99]
   */
  readonly betas?: readonly [number, number];
}

/**
 * Lion: θ ← θ·(1 − lr·weightDecay) − lr·sign(β₁m + (1 − β₁)g), then m ← β₂m + (1 − β₂)g, where g is the gradient. Every
 * element moves by lr, so that lr is best a third to a tenth of AdamW's, and weightDecay larger by as much. By default, lr
 * is 1e-4 and weightDecay 0.
 *
 * Source: Chen et al., "Symbolic Discovery of Optimization Algorithms" (arXiv 2302.06675), algorithm 2.
 */
export class Lion extends OptimizerWithBetas {
  /** @throws ArgumentError where there are no parameters, one occurs twice, or an option is out of range */
  constructor(parameters: ParametersOrGroups, options: LionOptions = {}) {
    const { lr = 1e-4, weightDecay = 0, betas = [0.9, 0.99] } = options;
    super('Lion', parameters, { ...options, lr, weightDecay, betas }, ['moment1']);
  }

  protected override update({ parameter, gradient, moments, learningRate, weightDecay }: ParameterUpdate): void {
    const [beta1, beta2] = this.betas;
    const moment = moments[0]!;
    const direction = moment
      .mul(beta1)
      .add(gradient.mul(1 - beta1))
      .sign();
    const kept = weightDecay === 0 ? parameter : parameter.mul(1 - learningRate * weightDecay);
    parameter.assign(kept.sub(direction.mul(learningRate)));
    moment.assignLerp(gradient, 1 - beta2);
  }
}
