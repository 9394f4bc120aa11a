import { ArgumentError, updateInPlace } from '@pnn/tensor';
import { checkOption } from '../options.js';
import type { ParametersOrGroups } from '../parameter-groups.js';
import { checkMomentum } from './betas.js';
import { Optimizer, type OptimizerOptions, type ParameterUpdate } from './optimizer.js';

/** Options of stochastic gradient descent; all but the learning rate are 0 or false by default. */
export interface SGDOptions extends OptimizerOptions {
  readonly lr: number;
  /** The share of the velocity that is left after a step, from 0 to below 1. */
  readonly momentum?: number;
  /** The share of the gradient that the velocity does not take up, from 0 to 1. */
  readonly dampening?: number;
  /** Looks ahead by one velocity (Nesterov); needs momentum and no dampening. */
  readonly nesterov?: boolean;
}

/**
 * Stochastic gradient descent as in PyTorch. With g = gradient + weightDecay·θ: v ← momentum·v + (1 − dampening)·g
 * (v = g at the first step), θ ← θ − lr·v, or θ ← θ − lr·(g + momentum·v) with `nesterov`.
 *
 * Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (ICML 2013), in the
 * form that torch.optim.SGD documents.
 */
export class SGD extends Optimizer {
  readonly #hasVelocity: boolean;
  #momentum: number;
  readonly #dampening: number;
  readonly #nesterov: boolean;

  /** @throws ArgumentError where there are no parameters, one occurs twice, or an option is out of range */
  constructor(parameters: ParametersOrGroups, options: SGDOptions) {
    const { weightDecay = 0, momentum = 0, dampening = 0, nesterov = false } = options;
    checkMomentum('SGD', momentum);
    checkOption(dampening >= 0 && dampening <= 1, 'SGD', 'dampening', 'from 0 to 1', dampening);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ArgumentError(
        `SGD: nesterov with momentum ${momentum} and dampening ${dampening}: it needs momentum above 0 and no dampening`,
      );
    }
    const hasVelocity = momentum > 0;
    const moments = hasVelocity ? ['velocity'] : [];
    super('SGD', parameters, { ...options, weightDecay, momentum, dampening, nesterov }, moments);
    this.#hasVelocity = hasVelocity;
    this.#momentum = momentum;
    this.#dampening = dampening;
    this.#nesterov = nesterov;
  }

  override get momentum(): number | undefined {
    return this.#hasVelocity ? this.#momentum : undefined;
  }
  override set momentum(value: number | undefined) {
    if (!this.#hasVelocity) super.momentum = value;
    checkMomentum('SGD', value);
    this.#momentum = value;
  }

  protected override update({
    parameter,
    gradient,
    moments: [velocity],
    learningRate,
    weightDecay,
    step,
  }: ParameterUpdate): void {
    const settings = {
      learningRate,
      momentum: this.#momentum,
      dampening: this.#dampening,
      weightDecay,
      nesterov: this.#nesterov,
      first: step === 1,
    };
    updateInPlace(parameter, (kernels) => kernels.sgd(parameter, gradient, velocity, settings));
  }
}
