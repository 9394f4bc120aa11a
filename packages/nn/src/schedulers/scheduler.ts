import type { Optimizer } from '../optimizers/index.js';
import { StateDictError } from '../state-dict.js';

/** What a scheduler needs to continue: plain JSON. One that is made of others holds their states. */
export interface SchedulerState {
  readonly [name: string]: string | number | null | readonly SchedulerState[];
}

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
  return state as SchedulerState & Readonly<Record<Name, number>>;
}

/**
 * Has each scheduler go on from its own state.
 *
 * @param owner what is made of these schedulers
 * @throws StateDictError where the state has not as many, or one is another scheduler's
 */
export function loadSchedulerStates(
  owner: string,
  schedulers: readonly Scheduler[],
  { schedulers: states }: SchedulerState,
): void {
  if (!Array.isArray(states) || states.length !== schedulers.length) {
    const found = Array.isArray(states) ? states.length : 'none';
    throw new StateDictError(
      `${owner}.loadStateDict: the state has ${found} instead of ${schedulers.length} schedulers`,
    );
  }
  schedulers.forEach((scheduler, i) => {
    scheduler.loadStateDict(states[i]);
  });
}

/**
 * A scheduler whose learning rate follows from how often it was stepped. Unless it says otherwise, it changes the rate
 * that it finds by a factor, as PyTorch does, so that several of them can act on one optimizer: warm-up and then decay.
 * All of them share the base rate, that of the optimizer before the first of them was made.
 */
export abstract class EpochScheduler implements Scheduler {
  /** Whose learning rate it changes. */
  readonly optimizer: Optimizer;
  readonly #name: string;
  #baseLr: number;
  #epoch = 0;

  protected constructor(name: string, optimizer: Optimizer) {
    this.#name = name;
    this.optimizer = optimizer;
    optimizer.initialLr ??= optimizer.lr;
    this.#baseLr = optimizer.initialLr;
  }

  /** The learning rate of the optimizer before the first of its schedulers was made. */
  get baseLr(): number {
    return this.#baseLr;
  }

  /** How often it was stepped. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * The learning rate before any step. A scheduler that changes the rate already then calls `restart` when it is made.
   *
   * @param lr the rate that it finds
   */
  protected firstLr(lr: number): number {
    return lr;
  }

  /**
   * The learning rate of an epoch.
   *
   * @param lr that of the epoch before
   * @param epoch 1 at the first step
   */
  protected abstract nextLr(lr: number, epoch: number): number;

  /**
   * Goes to the beginning, before any step.
   *
   * @param lr the rate that it begins with
   * @default `baseLr`
   */
  restart(lr = this.#baseLr): void {
    this.#epoch = 0;
    this.optimizer.lr = this.firstLr(lr);
  }

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
