import { checkOption } from '../options.js';
import type { ParametersOrGroups } from '../parameter-groups.js';
import { checkEpsilon } from './betas.js';
import { Optimizer, type OptimizerOptions, type ParameterUpdate } from './optimizer.js';
import { decayed } from './weight-decay.js';

/** Options of Adagrad. */
export interface AdagradOptions extends OptimizerOptions {
  /**
   * How fast the learning rate falls by itself: lr/(1 + (t − 1)·lrDecay), 0 or more.
   *
   * @default 0
   */
  readonly lrDecay?: number;
  /**
   * What the sum of squares begins with, 0 or more.
   *
   * @default 0
   */
  readonly initialAccumulatorValue?: number;
  /**
   * Added to the root of the sum of squares, above 0.
   *
   * @default 1e-10
   */
  readonly epsilon?: number;
}

/**
 * Adagrad: with g = gradient + weightDecay·θ, s ← s + g², θ ← θ − lr/(1 + (t − 1)·lrDecay)·g/(√s + ε). By default, lr is
 * 0.01 and weightDecay 0.
 *
 * Source: Duchi, Hazan & Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization" (JMLR 12,
 * 2011), in the form that torch.optim.Adagrad documents.
 */
export class Adagrad extends Optimizer {
  readonly #lrDecay: number;
  readonly #initial: number;
  readonly #epsilon: number;

  /** @throws ArgumentError where there are no parameters, one occurs twice, or an option is out of range */
  constructor(parameters: ParametersOrGroups, options: AdagradOptions = {}) {
    const { lr = 0.01, weightDecay = 0, lrDecay = 0, initialAccumulatorValue = 0, epsilon = 1e-10 } = options;
    const isSize = (value: number) => value >= 0 && Number.isFinite(value);
    const size = 'a finite number of 0 or more';
    checkOption(isSize(lrDecay), 'Adagrad', 'lrDecay', size, lrDecay);
    checkOption(isSize(initialAccumulatorValue), 'Adagrad', 'initialAccumulatorValue', size, initialAccumulatorValue);
    checkEpsilon('Adagrad', epsilon);
    const chosen = { ...options, lr, weightDecay, lrDecay, initialAccumulatorValue, epsilon };
    super('Adagrad', parameters, chosen, ['sumOfSquares']);
    this.#lrDecay = lrDecay;
    this.#initial = initialAccumulatorValue;
    this.#epsilon = epsilon;
  }

  protected override update({ parameter, gradient, moments, learningRate, weightDecay, step }: ParameterUpdate): void {
    const g = decayed(gradient, parameter, weightDecay);
    const sum = moments[0]!;
    const squares = g.square();
    sum.assign(step === 1 ? squares.add(this.#initial) : squares.add(sum));
    const rate = learningRate / (1 + (step - 1) * this.#lrDecay);
    parameter.assign(parameter.sub(g.div(sum.sqrt().add(this.#epsilon)).mul(rate)));
  }
}
