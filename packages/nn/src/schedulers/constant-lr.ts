import type { Optimizer } from '../optimizers/index.js';
import { checkOption } from '../options.js';
import { EpochScheduler } from './scheduler.js';

/** Options of ConstantLR. */
export interface ConstantLROptions {
  /**
   * What the rate is multiplied by at first, above 0 and at most 1.
   *
   * @default 1/3
   */
  readonly factor?: number;
  /**
   * The number of epochs until the factor is taken back.
   *
   * @default 5
   */
  readonly totalIterations?: number;
}

/** Multiplies the learning rate by a factor until a number of epochs is over, as in PyTorch. */
export class ConstantLR extends EpochScheduler {
  readonly #factor: number;
  readonly #iterations: number;

  /** @throws ArgumentError where an option is out of range */
  constructor(optimizer: Optimizer, { factor = 1 / 3, totalIterations = 5 }: ConstantLROptions = {}) {
    const name = 'ConstantLR';
    checkOption(factor > 0 && factor <= 1, name, 'factor', 'above 0 and at most 1', factor);
    const isCount = Number.isInteger(totalIterations) && totalIterations > 0;
    checkOption(isCount, name, 'totalIterations', 'an integer above 0', totalIterations);
    super(name, optimizer);
    this.#factor = factor;
    this.#iterations = totalIterations;
    this.restart(optimizer.lr);
  }

  protected override firstLr(lr: number): number {
    return lr * this.#factor;
  }

  protected override nextLr(lr: number, epoch: number): number {
    return epoch === this.#iterations ? lr / this.#factor : lr;
  }
}
