import type { Optimizer } from '../optimizers/index.js';
import { checkOption } from '../options.js';
import { checkSchedulerState, type Scheduler, type SchedulerState } from './scheduler.js';

/** Options of ReduceLROnPlateau. */
export interface ReduceLROnPlateauOptions {
  /**
   * Whether a good metric is small (a loss) or large (an accuracy).
   *
   * @default 'min'
   */
  readonly mode?: 'min' | 'max';
  /**
   * What the rate is multiplied by, above 0 and below 1.
   *
   * @default 0.1
   */
  readonly factor?: number;
  /**
   * The number of epochs without improvement that are allowed.
   *
   * @default 10
   */
  readonly patience?: number;
  /**
   * How much better than the best a metric must be to be an improvement.
   *
   * @default 1e-4
   */
  readonly threshold?: number;
  /**
   * Whether the threshold is a share of |best metric| or a difference.
   *
   * @default 'rel'
   */
  readonly thresholdMode?: 'rel' | 'abs';
  /**
   * The number of epochs after a reduction in which none is counted.
   *
   * @default 0
   */
  readonly cooldown?: number;
  /**
   * The lowest rate.
   *
   * @default 0
   */
  readonly minLr?: number;
  /**
   * A reduction by no more than this is left out.
   *
   * @default 1e-8
   */
  readonly epsilon?: number;
}

const NAME = 'ReduceLROnPlateau';

/**
 * Multiplies the learning rate by a factor when a metric has not improved for a while, as in PyTorch; where metrics are
 * negative, PyTorch's relative threshold has the wrong sign.
 */
export class ReduceLROnPlateau implements Scheduler {
  readonly #optimizer: Optimizer;
  readonly #options: Required<ReduceLROnPlateauOptions>;
  #best: number | null = null;
  #badEpochs = 0;
  #cooldownLeft = 0;

  /** @throws ArgumentError where an option is out of range */
  constructor(optimizer: Optimizer, options: ReduceLROnPlateauOptions = {}) {
    const { mode = 'min', factor = 0.1, patience = 10, threshold = 1e-4 } = options;
    const { thresholdMode = 'rel', cooldown = 0, minLr = 0, epsilon = 1e-8 } = options;
    const isCount = (value: number) => Number.isInteger(value) && value >= 0;
    const isSize = (value: number) => Number.isFinite(value) && value >= 0;
    checkOption(mode === 'min' || mode === 'max', NAME, 'mode', 'min or max', mode);
    checkOption(factor > 0 && factor < 1, NAME, 'factor', 'above 0 and below 1', factor);
    checkOption(isCount(patience), NAME, 'patience', 'an integer of 0 or more', patience);
    checkOption(isSize(threshold), NAME, 'threshold', 'a finite number of 0 or more', threshold);
    checkOption(thresholdMode === 'rel' || thresholdMode === 'abs', NAME, 'thresholdMode', 'rel or abs', thresholdMode);
    checkOption(isCount(cooldown), NAME, 'cooldown', 'an integer of 0 or more', cooldown);
    checkOption(isSize(minLr), NAME, 'minLr', 'a finite number of 0 or more', minLr);
    checkOption(isSize(epsilon), NAME, 'epsilon', 'a finite number of 0 or more', epsilon);
    this.#optimizer = optimizer;
    this.#options = { mode, factor, patience, threshold, thresholdMode, cooldown, minLr, epsilon };
  }

  /** The best metric so far; null before the first one that is finite. */
  get best(): number | null {
    return this.#best;
  }

  /**
   * Lowers the learning rate after more than `patience` epochs without improvement; a metric that is not finite is none.
   *
   * @throws ArgumentError where there is no metric
   */
  step(metric: number): void {
    checkOption(typeof metric === 'number', `${NAME}.step`, 'the metric', 'a number', metric);
    const { patience, cooldown, factor, minLr, epsilon } = this.#options;
    if (this.#isImprovement(metric)) {
      this.#best = metric;
      this.#badEpochs = 0;
    } else this.#badEpochs++;
    if (this.#cooldownLeft > 0) {
      this.#cooldownLeft--;
      this.#badEpochs = 0;
    }
    if (this.#badEpochs <= patience) return;
    const lr = Math.max(this.#optimizer.lr * factor, minLr);
    if (this.#optimizer.lr - lr > epsilon) this.#optimizer.lr = lr;
    this.#cooldownLeft = cooldown;
    this.#badEpochs = 0;
  }

  #isImprovement(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    const best = this.#best;
    if (!Number.isFinite(metric)) return false;
    if (best === null) return true;
    const sign = mode === 'min' ? -1 : 1;
    // The margin is a share of |best|, so that it leads away from a negative metric on the right side as well.
    const target = thresholdMode === 'rel' ? best * (1 + sign * Math.sign(best) * threshold) : best + sign * threshold;
    return mode === 'min' ? metric < target : metric > target;
  }

  stateDict(): SchedulerState {
    return {
      scheduler: NAME,
      best: this.#best,
      badEpochs: this.#badEpochs,
      cooldownLeft: this.#cooldownLeft,
      lr: this.#optimizer.lr,
    };
  }

  loadStateDict(state: SchedulerState): void {
    const { badEpochs, cooldownLeft, lr } = checkSchedulerState(NAME, state, ['badEpochs', 'cooldownLeft', 'lr']);
    const best = state.best === null ? null : checkSchedulerState(NAME, state, ['best']).best;
    this.#optimizer.lr = lr;
    this.#best = best;
    this.#badEpochs = badEpochs;
    this.#cooldownLeft = cooldownLeft;
  }
}
