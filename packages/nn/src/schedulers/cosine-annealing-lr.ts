import type { Optimizer } from '../optimizers/index.js';
import { checkOption } from '../options.js';
import { EpochScheduler } from './scheduler.js';

/** Options of CosineAnnealingLR. */
export interface CosineAnnealingLROptions {
  /** The number of epochs from the highest rate to the lowest; after as many again it is back at the highest. */
  readonly tMax: number;
  /**
   * The lowest rate.
   *
   * @default 0
   */
  readonly etaMin?: number;
}

/**
 * Lowers the learning rate along half a cosine: etaMin + (base − etaMin)·(1 + cos(π·epoch/tMax))/2, by the recursion
 * of PyTorch, which goes on from the rate that it finds.
 *
 * Source: Loshchilov & Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (arXiv 1608.03983), equation 5,
 * without the restarts.
 */
export class CosineAnnealingLR extends EpochScheduler {
  readonly #tMax: number;
  readonly #etaMin: number;

  /** @throws ArgumentError where an option is out of range */
  constructor(optimizer: Optimizer, { tMax, etaMin = 0 }: CosineAnnealingLROptions) {
    const name = 'CosineAnnealingLR';
    checkOption(Number.isInteger(tMax) && tMax > 0, name, 'tMax', 'an integer above 0', tMax);
    checkOption(etaMin >= 0 && Number.isFinite(etaMin), name, 'etaMin', 'a finite number of 0 or more', etaMin);
    super(name, optimizer);
    this.#tMax = tMax;
    this.#etaMin = etaMin;
  }

  protected override nextLr(lr: number, epoch: number): number {
    const height = (at: number) => 1 + Math.cos((Math.PI * at) / this.#tMax);
    // The epoch before was the lowest point, from which no factor leads up.
    if (epoch % (2 * this.#tMax) === (this.#tMax + 1) % (2 * this.#tMax)) {
      return lr + ((this.baseLr - this.#etaMin) * (1 - Math.cos(Math.PI / this.#tMax))) / 2;
    }
    return (height(epoch) / height(epoch - 1)) * (lr - this.#etaMin) + this.#etaMin;
  }
}
