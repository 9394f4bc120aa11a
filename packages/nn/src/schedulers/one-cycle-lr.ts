import { ArgumentError } from '@pnn/tensor';
import type { Optimizer } from '../optimizers/index.js';
import { checkOption } from '../options.js';
import { EpochScheduler, type SchedulerState } from './scheduler.js';

/** Options of OneCycleLR. */
export interface OneCycleLROptions {
  /** The highest rate. */
  readonly maxLr: number;
  /** The number of steps of the cycle, which are all steps of the training. */
  readonly totalSteps: number;
  /**
   * The share of the steps in which the rate rises, above 0 and below 1 (at most 1/2 with `threePhase`).
   *
   * @default 0.3
   */
  readonly pctStart?: number;
  /**
   * Whether the rate goes up and down along half a cosine or a line.
   *
   * @default 'cos'
   */
  readonly annealStrategy?: 'cos' | 'linear';
  /**
   * Whether the momentum of the optimizer goes the other way: down while the rate rises, then up. NAdam has a schedule of its own
   * for its momentum: it takes false.
   *
   * @default true
   */
  readonly cycleMomentum?: boolean;
  /**
   * The momentum at the highest rate.
   *
   * @default 0.85
   */
  readonly baseMomentum?: number;
  /**
   * The momentum at the beginning and at the end.
   *
   * @default 0.95
   */
  readonly maxMomentum?: number;
  /**
   * The first rate is maxLr/divFactor.
   *
   * @default 25
   */
  readonly divFactor?: number;
  /**
   * The last rate is the first one divided by this.
   *
   * @default 1e4
   */
  readonly finalDivFactor?: number;
  /**
   * Whether the rate falls to the first one in as many steps as it rose, and only then to the last.
   *
   * @default false
   */
  readonly threePhase?: boolean;
}

interface Phase {
  readonly end: number;
  readonly lr: readonly [from: number, to: number];
  readonly momentum: readonly [from: number, to: number];
}

const NAME = 'OneCycleLR';

/**
 * Raises the learning rate to `maxLr` and lowers it far below the first one, in one cycle over the whole training: to be
 * stepped after every step of the optimizer. It sets the rate whatever it finds, from the moment that it is made, and its
 * first rate is the base rate of the schedulers that are made after it.
 *
 * Source: Smith & Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates"
 * (arXiv 1708.07120), in the form that PyTorch has.
 */
export class OneCycleLR extends EpochScheduler {
  readonly #totalSteps: number;
  readonly #phases: readonly Phase[];
  readonly #annealStrategy: 'cos' | 'linear';
  readonly #cycleMomentum: boolean;

  /** @throws ArgumentError where an option is out of range, or the optimizer has no momentum to be cycled */
  constructor(optimizer: Optimizer, options: OneCycleLROptions) {
    const { maxLr, totalSteps, pctStart = 0.3, annealStrategy = 'cos', threePhase = false } = options;
    const { cycleMomentum = true, baseMomentum = 0.85, maxMomentum = 0.95 } = options;
    const { divFactor = 25, finalDivFactor = 1e4 } = options;
    const isPositive = (value: number) => value > 0 && Number.isFinite(value);
    const isMomentum = (value: number) => value >= 0 && value < 1;
    checkOption(isPositive(maxLr), NAME, 'maxLr', 'a finite number above 0', maxLr);
    checkOption(Number.isInteger(totalSteps) && totalSteps > 0, NAME, 'totalSteps', 'an integer above 0', totalSteps);
    const isShare = pctStart > 0 && (threePhase ? pctStart <= 1 / 2 : pctStart < 1);
    checkOption(isShare, NAME, 'pctStart', threePhase ? 'above 0 and at most 1/2' : 'above 0 and below 1', pctStart);
    const isStrategy = annealStrategy === 'cos' || annealStrategy === 'linear';
    checkOption(isStrategy, NAME, 'annealStrategy', 'cos or linear', annealStrategy);
    checkOption(isMomentum(baseMomentum), NAME, 'baseMomentum', 'from 0 to below 1', baseMomentum);
    checkOption(isMomentum(maxMomentum), NAME, 'maxMomentum', 'from 0 to below 1', maxMomentum);
    checkOption(isPositive(divFactor), NAME, 'divFactor', 'a finite number above 0', divFactor);
    checkOption(isPositive(finalDivFactor), NAME, 'finalDivFactor', 'a finite number above 0', finalDivFactor);
    if (cycleMomentum && optimizer.momentum === undefined) {
      throw new ArgumentError(
        `${NAME}: the optimizer has no momentum that can be cycled: give it one above 0, or pass cycleMomentum: false`,
      );
    }
    const first = maxLr / divFactor;
    optimizer.initialLr = first;
    super(NAME, optimizer);
    const last = first / finalDivFactor;
    const rise = { lr: [first, maxLr], momentum: [maxMomentum, baseMomentum] } as const;
    const end = totalSteps - 1;
    this.#phases = threePhase
      ? [
          { end: pctStart * totalSteps - 1, ...rise },
          { end: 2 * pctStart * totalSteps - 2, lr: [maxLr, first], momentum: [baseMomentum, maxMomentum] },
          { end, lr: [first, last], momentum: [maxMomentum, maxMomentum] },
        ]
      : [
          { end: pctStart * totalSteps - 1, ...rise },
          { end, lr: [maxLr, last], momentum: [baseMomentum, maxMomentum] },
        ];
    this.#totalSteps = totalSteps;
    this.#annealStrategy = annealStrategy;
    this.#cycleMomentum = cycleMomentum;
    this.restart();
  }

  protected override firstLr(): number {
    return this.#at(0);
  }

  /** @throws ArgumentError after more steps than the cycle has */
  protected override nextLr(_lr: number, epoch: number): number {
    if (epoch > this.#totalSteps) {
      throw new ArgumentError(
        `${NAME}.step: the cycle of ${this.#totalSteps} steps is over: give totalSteps all steps of the training`,
      );
    }
    return this.#at(epoch);
  }

  override loadStateDict(state: SchedulerState): void {
    super.loadStateDict(state);
    if (this.#cycleMomentum) this.#at(this.epoch);
  }

  /** Sets the momentum of a step and returns its learning rate; after the last step, those of the last. */
  #at(epoch: number): number {
    const step = Math.min(epoch, this.#totalSteps - 1);
    const index = this.#phases.findIndex(({ end }) => step <= end);
    const { lr, momentum, end } = this.#phases[index]!;
    const start = this.#phases[index - 1]?.end ?? 0;
    const share = end > start ? (step - start) / (end - start) : 1;
    if (this.#cycleMomentum) this.optimizer.momentum = this.#anneal(momentum, share);
    return this.#anneal(lr, share);
  }

  #anneal([from, to]: readonly [number, number], share: number): number {
    if (this.#annealStrategy === 'linear') return from + (to - from) * share;
    return to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share));
  }
}
