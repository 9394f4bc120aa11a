import { ArgumentError } from '@pnn/tensor';
import type { Optimizer } from '../optimizers/index.js';
import { checkOption } from '../options.js';
import { EpochScheduler, loadSchedulerStates, type SchedulerState } from './scheduler.js';

/** Options of SequentialLR. */
export interface SequentialLROptions {
  /** At which epochs the next scheduler takes over: one for each but the first, ascending. */
  readonly milestones: readonly number[];
}

const NAME = 'SequentialLR';

/**
 * Has one scheduler after the other act, each from its beginning and from the base rate, as in PyTorch: a warm-up, then a
 * cosine.
 */
export class SequentialLR extends EpochScheduler {
  readonly #schedulers: readonly EpochScheduler[];
  readonly #milestones: readonly number[];

  /**
   * @param schedulers in their order; they are not stepped by anybody else
   * @throws ArgumentError where a scheduler belongs to another optimizer, or the milestones do not fit
   */
  constructor(optimizer: Optimizer, schedulers: readonly EpochScheduler[], { milestones }: SequentialLROptions) {
    if (schedulers.length === 0) throw new ArgumentError(`${NAME}: there are no schedulers: give one or more`);
    const other = schedulers.findIndex((scheduler) => scheduler.optimizer !== optimizer);
    if (other >= 0)
      throw new ArgumentError(`${NAME}: scheduler ${other} was made with another optimizer: use the same`);
    const ascend = milestones.every((epoch, i) => Number.isInteger(epoch) && epoch > (milestones[i - 1] ?? 0));
    const fit = ascend && milestones.length === schedulers.length - 1;
    const expected = `${schedulers.length - 1} ascending integers above 0`;
    checkOption(fit, NAME, 'milestones', expected, `[${milestones}]`);
    super(NAME, optimizer);
    this.#schedulers = [...schedulers];
    this.#milestones = [...milestones];
    // Each of them may have changed the rate when it was made.
    this.restart(optimizer.initialLr);
  }

  protected override firstLr(lr: number): number {
    this.#schedulers[0]!.restart(lr);
    return this.optimizer.lr;
  }

  protected override nextLr(_lr: number, epoch: number): number {
    const phase = this.#milestones.filter((milestone) => milestone <= epoch).length;
    const scheduler = this.#schedulers[phase]!;
    if (this.#milestones[phase - 1] === epoch) scheduler.restart();
    else scheduler.step();
    return this.optimizer.lr;
  }

  override stateDict(): SchedulerState {
    return { ...super.stateDict(), schedulers: this.#schedulers.map((scheduler) => scheduler.stateDict()) };
  }

  override loadStateDict(state: SchedulerState): void {
    loadSchedulerStates(NAME, this.#schedulers, state);
    super.loadStateDict(state);
  }
}
