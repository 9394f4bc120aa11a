import type { Optimizer } from '../optimizers/index.js';
import { checkOption } from '../options.js';
import { EpochScheduler } from './scheduler.js';

/** Options of MultiStepLR. */
export interface MultiStepLROptions {
  /** The epochs after which the rate changes; one that is named twice counts twice. */
  readonly milestones: readonly number[];
  /**
   * The factor, above 0.
   *
   * @default 0.1
   */
  readonly gamma?: number;
}

/** Multiplies the learning rate by `gamma` at every milestone, as in PyTorch. */
export class MultiStepLR extends EpochScheduler {
  readonly #milestones: readonly number[];
  readonly #gamma: number;

  /** @throws ArgumentError where an option is out of range */
  constructor(optimizer: Optimizer, { milestones, gamma = 0.1 }: MultiStepLROptions) {
    const areEpochs = milestones.every((epoch) => Number.isInteger(epoch) && epoch > 0);
    checkOption(areEpochs, 'MultiStepLR', 'milestones', 'integers above 0', `[${milestones}]`);
    checkOption(gamma > 0 && Number.isFinite(gamma), 'MultiStepLR', 'gamma', 'a finite number above 0', gamma);
    super('MultiStepLR', optimizer);
    this.#milestones = [...milestones];
    this.#gamma = gamma;
  }

  protected override nextLr(lr: number, epoch: number): number {
    return lr * this.#gamma ** this.#milestones.filter((milestone) => milestone === epoch).length;
  }
}
