import type { Optimizer } from '../optimizers/index.js';
import { checkOption } from '../options.js';
import { EpochScheduler } from './scheduler.js';

/** Options of CosineAnnealingWarmRestarts. */
export interface CosineAnnealingWarmRestartsOptions {
  /** The number of epochs in the first cycle. */
  readonly t0: number;
  /**
   * How many times longer each cycle is than the one before, an integer.
   *
   * @default 1
   */
  readonly tMult?: number;
  /**
   * The rate that every cycle falls toward.
   *
   * @default 0
   */
  readonly etaMin?: number;
}

/**
 * Lowers the learning rate along half a cosine in every cycle and starts each cycle at the base rate again. It sets the
 * rate whatever it finds, from the moment that it is made: schedulers that act before it in a step have no effect.
 *
 * Source: Loshchilov & Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (arXiv 1608.03983), equation 5.
 */
export class CosineAnnealingWarmRestarts extends EpochScheduler {
  readonly #t0: number;
  readonly #tMult: number;
  readonly #etaMin: number;

  /** @throws ArgumentError where an option is out of range */
  constructor(optimizer: Optimizer, { t0, tMult = 1, etaMin = 0 }: CosineAnnealingWarmRestartsOptions) {
    const name = 'CosineAnnealingWarmRestarts';
    checkOption(Number.isInteger(t0) && t0 > 0, name, 't0', 'an integer above 0', t0);
    checkOption(Number.isInteger(tMult) && tMult > 0, name, 'tMult', 'an integer above 0', tMult);
    checkOption(etaMin >= 0 && Number.isFinite(etaMin), name, 'etaMin', 'a finite number of 0 or more', etaMin);
    super(name, optimizer);
    this.#t0 = t0;
    this.#tMult = tMult;
    this.#etaMin = etaMin;
    this.restart();
  }

  protected override firstLr(): number {
    return this.baseLr;
  }

  protected override nextLr(_lr: number, epoch: number): number {
    let cycle = this.#t0;
    let position = epoch;
    if (this.#tMult === 1) position %= cycle;
    while (position >= cycle) {
      position -= cycle;
      cycle *= this.#tMult;
    }
    return this.#etaMin + ((this.baseLr - this.#etaMin) * (1 + Math.cos((Math.PI * position) / cycle))) / 2;
  }
}
