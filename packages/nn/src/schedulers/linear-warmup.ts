import type { Optimizer } from '../optimizers/index.js';
import { checkOption } from '../options.js';
import { EpochScheduler } from './scheduler.js';

/** Options of LinearWarmup. */
export interface LinearWarmupOptions {
  /**
   * The factor at the start, above 0 and at most 1.
   *
   * @default 1/3
   */
  readonly startFactor?: number;
  /**
   * The factor at the end, from 0 to 1.
   *
   * @default 1
   */
  readonly endFactor?: number;
  /**
   * The number of epochs from the start to the end.
   *
   * @default 5
   */
  readonly totalIterations?: number;
}

/**
 * Multiplies the learning rate by a factor that goes from `startFactor` to `endFactor` in a line: PyTorch's LinearLR.
 * The optimizer gets the rate of the start at once.
 */
export class LinearWarmup extends EpochScheduler {
  readonly #start: number;
  readonly #end: number;
  readonly #iterations: number;

  /** @throws ArgumentError where an option is out of range */
  constructor(
    optimizer: Optimizer,
    { startFactor = 1 / 3, endFactor = 1, totalIterations = 5 }: LinearWarmupOptions = {},
  ) {
    const name = 'LinearWarmup';
    checkOption(startFactor > 0 && startFactor <= 1, name, 'startFactor', 'above 0 and at most 1', startFactor);
    checkOption(endFactor >= 0 && endFactor <= 1, name, 'endFactor', 'from 0 to 1', endFactor);
    const isCount = Number.isInteger(totalIterations) && totalIterations > 0;
    checkOption(isCount, name, 'totalIterations', 'an integer above 0', totalIterations);
    super(name, optimizer);
    this.#start = startFactor;
    this.#end = endFactor;
    this.#iterations = totalIterations;
    this.restart(optimizer.lr);
  }

  protected override firstLr(lr: number): number {
    return lr * this.#start;
  }

  protected override nextLr(lr: number, epoch: number): number {
    if (epoch > this.#iterations) return lr;
    const factor = (at: number) => this.#start + ((this.#end - this.#start) * at) / this.#iterations;
    return (lr * factor(epoch)) / factor(epoch - 1);
  }
}
