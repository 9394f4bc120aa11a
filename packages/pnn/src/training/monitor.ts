import { ArgumentError } from '@pnn/nn';
import type { EpochRecord } from './records.js';

/** Which number of an epoch tells how good the network is. */
export interface MonitorOptions {
  /**
   * `loss`, or the name of a metric: of the validation, or of the training where there is none.
   *
   * @default 'loss'
   */
  readonly metric?: string;
  /**
   * Whether small or large numbers are good.
   *
   * @default 'min' for the loss, 'max' for a metric
   */
  readonly mode?: 'min' | 'max';
  /**
   * How much better than the best an epoch must be to count, as a difference.
   *
   * @default 0
   */
  readonly minDelta?: number;
}

/** When a training is given up that does not get better. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** The number of epochs in a row without a better one after which it ends, 1 or more. */
  readonly patience: number;
}

/** What a monitor has seen: plain data that survives JSON. */
export interface MonitorState {
  /** The best value; null before the first that is finite. */
  readonly value: number | null;
  /** The epoch of the best value, counted from 1; 0 before. */
  readonly epoch: number;
  /** The number of epochs since then. */
  readonly since: number;
}

/** Watches one number from epoch to epoch. */
export class Monitor {
  readonly #metric: string;
  readonly #sign: 1 | -1;
  readonly #minDelta: number;
  #state: MonitorState = { value: null, epoch: 0, since: 0 };

  /** @throws ArgumentError where an option is out of range */
  constructor(
    owner: string,
    { metric = 'loss', mode = metric === 'loss' ? 'min' : 'max', minDelta = 0 }: MonitorOptions,
  ) {
    if (mode !== 'min' && mode !== 'max') throw new ArgumentError(`${owner}: mode must be min or max, not ${mode}`);
    if (!(minDelta >= 0 && Number.isFinite(minDelta))) {
      throw new ArgumentError(`${owner}: minDelta must be a finite number of 0 or more, not ${minDelta}`);
    }
    this.#metric = metric;
    this.#sign = mode === 'min' ? -1 : 1;
    this.#minDelta = minDelta;
  }

  /** What it has seen so far. */
  get state(): MonitorState {
    return this.#state;
  }

  /** Goes on from what a monitor of the same number had seen. */
  restore(state: MonitorState): void {
    this.#state = state;
  }

  /**
   * Takes an epoch in.
   *
   * @returns whether it is the best so far; a number that is not finite never is
   * @throws ArgumentError where the epoch has no such metric
   */
  observe(record: EpochRecord): boolean {
    const value = this.#valueOf(record);
    const { value: best, since, epoch } = this.#state;
    const isBetter = Number.isFinite(value) && (best === null || this.#sign * (value - best) > this.#minDelta);
    this.#state = isBetter ? { value, epoch: record.epoch, since: 0 } : { value: best, epoch, since: since + 1 };
    return isBetter;
  }

  #valueOf({ validationLoss, trainLoss, validationMetrics, trainMetrics }: EpochRecord): number {
    if (this.#metric === 'loss') return validationLoss ?? trainLoss;
    const metrics = validationMetrics ?? trainMetrics;
    const value = metrics[this.#metric];
    if (value !== undefined) return value;
    throw new ArgumentError(
      `Trainer: there is no metric ${this.#metric} to watch: name one of ${['loss', ...Object.keys(metrics)].join(', ')}`,
    );
  }
}
