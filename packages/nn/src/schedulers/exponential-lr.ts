import type { Optimizer } from '../optimizers/index.js';
import { checkOption } from '../options.js';
import { EpochScheduler } from './scheduler.js';

/** Options of ExponentialLR. */
export interface ExponentialLROptions {
  /** The factor, above 0. */
  readonly gamma: number;
}

/** Multiplies the learning rate by `gamma` in every epoch, as in PyTorch. */
export class ExponentialLR extends EpochScheduler {
  readonly #gamma: number;

  /** @throws ArgumentError where an option is out of range */
  constructor(optimizer: Optimizer, { gamma }: ExponentialLROptions) {
    checkOption(gamma > 0 && Number.isFinite(gamma), 'ExponentialLR', 'gamma', 'a finite number above 0', gamma);
    super('ExponentialLR', optimizer);
    this.#gamma = gamma;
  }

  protected override nextLr(lr: number): number {
    return lr * this.#gamma;
  }
}
