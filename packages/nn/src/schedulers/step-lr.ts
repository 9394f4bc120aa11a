import type { Optimizer } from '../optimizers/index.js';
import { checkOption } from '../options.js';
import { EpochScheduler } from './scheduler.js';

/** Options of StepLR. */
export interface StepLROptions {
  /** The number of epochs between two changes. */
  readonly stepSize: number;
  /**
   * The factor, above 0.
   *
   * @default 0.1
   */
  readonly gamma?: number;
}

/** Multiplies the learning rate by `gamma` every `stepSize` epochs, as in PyTorch. */
export class StepLR extends EpochScheduler {
  readonly #stepSize: number;
  readonly #gamma: number;

  /** @throws ArgumentError where an option is out of range */
  constructor(optimizer: Optimizer, { stepSize, gamma = 0.1 }: StepLROptions) {
    checkOption(Number.isInteger(stepSize) && stepSize > 0, 'StepLR', 'stepSize', 'an integer above 0', stepSize);
    checkOption(gamma > 0 && Number.isFinite(gamma), 'StepLR', 'gamma', 'a finite number above 0', gamma);
    super('StepLR', optimizer);
    this.#stepSize = stepSize;
    this.#gamma = gamma;
  }

  protected override nextLr(lr: number, epoch: number): number {
    return epoch % this.#stepSize === 0 ? lr * this.#gamma : lr;
  }
}
