import type { Optimizer } from '../optimizers/index.js';
import { StateDictError } from '../state-dict.js';

/** What a scheduler needs to continue: plain JSON. */
export type SchedulerState = Readonly<Record<string, string | number | null>>;

/** Changes the learning rate of an optimizer as training goes on. */
export interface Scheduler {
  /**
   * Sets the learning rate of the next epoch, or of the next optimizer step if it is called after each.
   *
   * @param metric what ReduceLROnPlateau watches; the others ignore it
   */
  step(metric?: number): void;
  /** Everything that it needs to continue, the current learning rate included. */
  stateDict(): SchedulerState;
  /**
   * Continues where the state was taken; sets the learning rate of the optimizer too.
   *
   * @throws StateDictError where the state is another scheduler's, or incomplete
   */
  loadStateDict(state: SchedulerState): void;
}

/**
 * Checks that the state was taken from this kind of scheduler and has these numbers.
 *
 * @throws StateDictError where it was not, or one of them is missing
 */
export function checkSchedulerState<Name extends string>(
  scheduler: string,
  state: SchedulerState,
  names: readonly Name[],
): Readonly<Record<Name, number>> {
  const problems = state.scheduler === scheduler ? [] : [`the state is that of ${state.scheduler}`];
  for (const name of names) if (!Number.isFinite(state[name])) problems.push(`${name} is ${state[name]}`);
  if (problems.length > 0) throw new StateDictError(`${scheduler}.loadStateDict: ${problems.join('; ')}`);
  return state as Readonly<Record<Name, number>>;
}

/**
 * A scheduler whose learning rate follows from how often it was stepped. Unless it says otherwise, it changes the rate
 * that it finds by a factor, as PyTorch does, so that several of them can act on one optimizer: warm-up and then decay.
 */
export abstract class EpochScheduler implements Scheduler {
  protected readonly optimizer: Optimizer;
  readonly #name: string;
  #baseLr: number;
  #epoch = 0;

  protected constructor(name: string, optimizer: Optimizer) {
    this.#name = name;
    this.optimizer = optimizer;
    this.#baseLr = optimizer.lr;
  }

  /** The learning rate that the scheduler found when it was made. */
  get baseLr(): number {
    return this.#baseLr;
  }

  /** How often it was stepped. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * The learning rate of an epoch.
   *
   * @param lr that of the epoch before
   * @param epoch 1 at the first step
   */
  protected abstract nextLr(lr: number, epoch: number): number;

  step(): void {
    this.#epoch++;
    this.optimizer.lr = this.nextLr(this.optimizer.lr, this.#epoch);
  }

  stateDict(): SchedulerState {
    return { scheduler: this.#name, epoch: this.#epoch, baseLr: this.#baseLr, lr: this.optimizer.lr };
  }

  loadStateDict(state: SchedulerState): void {
    const { epoch, baseLr, lr } = checkSchedulerState(this.#name, state, ['epoch', 'baseLr', 'lr']);
    this.optimizer.lr = lr;
    this.#epoch = epoch;
    this.#baseLr = baseLr;
  }
}
