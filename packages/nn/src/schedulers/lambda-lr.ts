import type { Optimizer } from '../optimizers/index.js';
import { EpochScheduler } from './scheduler.js';

/**
 * Makes the learning rate the base rate times a function of the epoch, as in PyTorch. It sets the rate whatever it finds,
 * from the moment that it is made: schedulers that act before it in a step have no effect.
 */
export class LambdaLR extends EpochScheduler {
  readonly #factor: (epoch: number) => number;

  /**
   * @param factor the factor of an epoch, 0 before any step; a state dict does not hold the function
   * @throws ArgumentError where the function gives a rate that is negative or not finite
   */
  constructor(optimizer: Optimizer, factor: (epoch: number) => number) {
    super('LambdaLR', optimizer);
    this.#factor = factor;
    this.restart();
  }

  protected override firstLr(): number {
    return this.baseLr * this.#factor(0);
  }

  protected override nextLr(_lr: number, epoch: number): number {
    return this.baseLr * this.#factor(epoch);
  }
}
