import { ArgumentError } from '@pnn/tensor';
import { checkSchedulerState, loadSchedulerStates, type Scheduler, type SchedulerState } from './scheduler.js';

const NAME = 'ChainedScheduler';

/** Several schedulers that act together, as one: each of their steps multiplies the rate that the one before has left. */
export class ChainedScheduler implements Scheduler {
  readonly #schedulers: readonly Scheduler[];

  /**
   * @param schedulers in the order in which they act; they are not stepped by anybody else
   * @throws ArgumentError where there are none
   */
  constructor(schedulers: readonly Scheduler[]) {
    if (schedulers.length === 0) throw new ArgumentError(`${NAME}: there are no schedulers: give one or more`);
    this.#schedulers = [...schedulers];
  }

  step(metric?: number): void {
    for (const scheduler of this.#schedulers) scheduler.step(metric);
  }

  stateDict(): SchedulerState {
    return { scheduler: NAME, schedulers: this.#schedulers.map((scheduler) => scheduler.stateDict()) };
  }

  loadStateDict(state: SchedulerState): void {
    checkSchedulerState(NAME, state, []);
    loadSchedulerStates(NAME, this.#schedulers, state);
  }
}
