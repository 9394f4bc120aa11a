import type { Optimizer } from '../optimizers/index.js';
import { checkOption } from '../options.js';
import { EpochScheduler } from './scheduler.js';

/** Options of PolynomialLR. */
export interface PolynomialLROptions {
  /**
   * The number of epochs until the rate is 0.
   *
   * @default 5
   */
  readonly totalIterations?: number;
  /**
   * The exponent, above 0; 1 for a line.
   *
   * @default 1
   */
  readonly power?: number;
}

/** Lowers the learning rate to 0 as (1 − epoch/totalIterations)^power does, as in PyTorch. */
export class PolynomialLR extends EpochScheduler {
  readonly #iterations: number;
  readonly #power: number;

  /** @throws ArgumentError where an option is out of range */
  constructor(optimizer: Optimizer, { totalIterations = 5, power = 1 }: PolynomialLROptions = {}) {
    const name = 'PolynomialLR';
    const isCount = Number.isInteger(totalIterations) && totalIterations > 0;
    checkOption(isCount, name, 'totalIterations', 'an integer above 0', totalIterations);
    checkOption(power > 0 && Number.isFinite(power), name, 'power', 'a finite number above 0', power);
    super(name, optimizer);
    this.#iterations = totalIterations;
    this.#power = power;
  }

  protected override nextLr(lr: number, epoch: number): number {
    if (epoch > this.#iterations) return lr;
    const left = (at: number) => 1 - at / this.#iterations;
    return lr * (left(epoch) / left(epoch - 1)) ** this.#power;
  }
}
