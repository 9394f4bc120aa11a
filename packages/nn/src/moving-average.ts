import { noGrad } from '@pnn/autograd';
import { ArgumentError, DisposedError, type HostArray, isFloat, keep, type Tensor } from '@pnn/tensor';
import type { Module } from './module.js';
import { checkOption } from './options.js';
import { assignState, StateDictError, stateProblems } from './state-dict.js';

/** Options of ExponentialMovingAverage. */
export interface ExponentialMovingAverageOptions {
  /**
   * The share of the average that is left after an update, from 0 to below 1.
   *
   * @default 0.999
   */
  readonly decay?: number;
  /**
   * Whether the decay is (1 + t)/(10 + t) in update t where that is smaller, so that short trainings forget their
   * beginning, too.
   *
   * @default false
   */
  readonly warmUp?: boolean;
  /**
   * Whether floating buffers, such as running statistics, are averaged like parameters; otherwise those of the module stay
   * in use.
   *
   * @default false
   */
  readonly averageBuffers?: boolean;
}

/** The whole state of an average. */
export interface MovingAverageState<T = Tensor> {
  readonly settings: {
    readonly decay: number;
    readonly warmUp: boolean;
    readonly averageBuffers: boolean;
    /** The number of updates so far. */
    readonly updates: number;
  };
  /** The averages by the names of parameters and buffers. */
  readonly tensors: ReadonlyMap<string, T>;
}

const NAME = 'ExponentialMovingAverage';

function copyOf(source: Tensor): Tensor {
  return keep(noGrad(() => source.clone()));
}

/**
 * The exponential moving average of the weights of a module: after the first update they are the weights, then
 * average ← decay·average + (1 − decay)·weights. It often generalizes better than the last weights, with running statistics
 * of its own: see `updateBatchNorm`.
 *
 * Source: Polyak & Juditsky, "Acceleration of Stochastic Approximation by Averaging" (SIAM J. Control Optim. 30, 1992),
 * with the exponential weights of Tarvainen & Valpola (arXiv 1703.01780).
 */
export class ExponentialMovingAverage implements Disposable {
  readonly #module: Module;
  readonly #settings: Omit<MovingAverageState['settings'], 'updates'>;
  readonly #sources: ReadonlyMap<string, Tensor>;
  readonly #averages: ReadonlyMap<string, Tensor>;
  #updates = 0;
  /** The weights that the average has taken the place of, if it is applied. */
  #replaced: ReadonlyMap<string, Tensor> | undefined;

  /** @throws ArgumentError where the module has no parameters, or the decay is out of range */
  constructor(module: Module, options: ExponentialMovingAverageOptions = {}) {
    const { decay = 0.999, warmUp = false, averageBuffers = false } = options;
    checkOption(decay >= 0 && decay < 1, NAME, 'decay', 'from 0 to below 1', decay);
    const buffers = averageBuffers ? [...module.namedBuffers()].filter(([, { dtype }]) => isFloat(dtype)) : [];
    this.#sources = new Map<string, Tensor>([...module.namedParameters(), ...buffers]);
    if (this.#sources.size === 0) throw new ArgumentError(`${NAME}: the module has no parameters to average`);
    this.#module = module;
    this.#settings = { decay, warmUp, averageBuffers };
    this.#averages = new Map(Array.from(this.#sources, ([name, source]) => [name, copyOf(source)]));
  }

  /** The number of updates so far. */
  get updates(): number {
    return this.#updates;
  }

  /**
   * Takes the weights into the average: to be called after every step of the optimizer.
   *
   * @throws ArgumentError while the average is applied
   * @throws DisposedError where a parameter was freed, by `module.cast()` for example
   */
  update(): void {
    if (this.#replaced) throw new ArgumentError(`${NAME}.update: the average is applied: take it back first`);
    const { decay, warmUp } = this.#settings;
    const share = warmUp ? Math.min(decay, (1 + this.#updates) / (10 + this.#updates)) : decay;
    for (const [name, source] of this.#sources) {
      if (source.disposed) throw new DisposedError(`${NAME}: ${name} was freed: make the average after cast()`);
      const average = this.#averages.get(name)!;
      noGrad(() => (this.#updates === 0 ? average.assign(source) : average.assignLerp(source, 1 - share)));
    }
    this.#updates++;
  }

  /** Forgets the average: the next update makes it the weights again. */
  restart(): void {
    this.#updates = 0;
  }

  /**
   * Puts the average into the module in place of its weights, for an evaluation or for good; nothing is changed before the
   * first update.
   *
   * @returns a function that puts the weights back, unless the average was freed
   * @throws ArgumentError where that was not done since the last time
   */
  apply(): () => void {
    if (this.#replaced) throw new ArgumentError(`${NAME}.apply: the average is applied already: take it back first`);
    if (this.#updates === 0) return () => {};
    const weights = new Map(Array.from(this.#sources, ([name, source]) => [name, copyOf(source)]));
    this.#replaced = weights;
    this.#module.loadStateDict(this.#averages, { strict: false });
    return () => {
      if (this.#replaced !== weights) return;
      this.#module.loadStateDict(weights, { strict: false });
      this.#freeReplaced();
    };
  }

  #freeReplaced(): void {
    for (const weights of this.#replaced?.values() ?? []) weights.dispose();
    this.#replaced = undefined;
  }

  /** Everything that it needs to continue bit for bit. The tensors are those in use, not copies. */
  stateDict(): MovingAverageState {
    return { settings: { ...this.#settings, updates: this.#updates }, tensors: this.#averages };
  }

  /**
   * Goes on from the state of an average of the same kind of module with the same options.
   *
   * @throws StateDictError that lists all that differs, is missing, unexpected or freed; nothing is changed then
   */
  loadStateDict({ settings, tensors }: MovingAverageState<Tensor | HostArray>): void {
    const problems = Object.entries(this.#settings).flatMap(([name, own]) => {
      const found = settings[name as keyof typeof settings];
      return found === own ? [] : [`${name} is ${found} instead of ${own}`];
    });
    const { updates } = settings;
    if (!(Number.isSafeInteger(updates) && updates >= 0)) problems.push(`updates is ${updates}`);
    problems.push(...stateProblems(`${NAME}.loadStateDict`, this.#averages, tensors));
    if (problems.length > 0) throw new StateDictError(`${NAME}.loadStateDict: ${problems.join('; ')}`);
    for (const [name, average] of this.#averages) assignState(average, tensors.get(name)!);
    this.#updates = updates;
  }

  /** Frees the average, and the weights that it has taken the place of; the module is left as it is. */
  dispose(): void {
    this.#freeReplaced();
    for (const average of this.#averages.values()) if (!average.disposed) average.dispose();
  }

  /** `using average = …` frees it at the end of the block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
