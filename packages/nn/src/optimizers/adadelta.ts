import type { Tensor } from '@pnn/tensor';
import { checkOption } from '../options.js';
import type { ParametersOrGroups } from '../parameter-groups.js';
import { checkEpsilon } from './betas.js';
import { Optimizer, type OptimizerOptions, type ParameterUpdate } from './optimizer.js';
import { decayed } from './weight-decay.js';

/** Options of Adadelta. */
export interface AdadeltaOptions extends OptimizerOptions {
  /**
   * The share of the mean squares that is left after a step, from 0 to below 1.
   *
   * @default 0.9
   */
  readonly rho?: number;
  /**
   * Added to both mean squares, above 0.
   *
   * @default 1e-6
   */
  readonly epsilon?: number;
}

/**
 * Adadelta: with g = gradient + weightDecay·θ, v ← ρv + (1 − ρ)g², Δ = g·√(u + ε)/√(v + ε), u ← ρu + (1 − ρ)Δ²,
 * θ ← θ − lr·Δ. By default, lr is 1 and weightDecay 0.
 *
 * Source: Zeiler, "ADADELTA: An Adaptive Learning Rate Method" (arXiv 1212.5701), algorithm 1.
 */
export class Adadelta extends Optimizer {
  readonly #rho: number;
  readonly #epsilon: number;

  /** @throws ArgumentError where there are no parameters, one occurs twice, or an option is out of range */
  constructor(parameters: ParametersOrGroups, options: AdadeltaOptions = {}) {
    const { lr = 1, weightDecay = 0, rho = 0.9, epsilon = 1e-6 } = options;
    checkOption(rho >= 0 && rho < 1, 'Adadelta', 'rho', 'from 0 to below 1', rho);
    checkEpsilon('Adadelta', epsilon);
    const moments = ['meanSquare', 'meanSquareChange'];
    super('Adadelta', parameters, { ...options, lr, weightDecay, rho, epsilon }, moments);
    this.#rho = rho;
    this.#epsilon = epsilon;
  }

  protected override update({ parameter, gradient, moments, learningRate, weightDecay }: ParameterUpdate): void {
    const [meanSquare, meanSquareChange] = moments as [Tensor, Tensor];
    const g = decayed(gradient, parameter, weightDecay);
    meanSquare.assignLerp(g.square(), 1 - this.#rho);
    const root = (square: Tensor) => square.add(this.#epsilon).sqrt();
    const change = root(meanSquareChange).div(root(meanSquare)).mul(g);
    meanSquareChange.assignLerp(change.square(), 1 - this.#rho);
    parameter.assign(parameter.sub(change.mul(learningRate)));
  }
}
