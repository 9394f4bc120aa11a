import { noGrad, zeroGrad } from '@pnn/autograd';
import {
  ArgumentError,
  DisposedError,
  formatShape,
  type HostArray,
  keep,
  type Shape,
  scope,
  type Tensor,
  zerosLike,
} from '@pnn/tensor';
import { clipGradientNorm, clipGradientValue } from '../clipping.js';
import { checkOption } from '../options.js';
import type { Parameter } from '../parameter.js';
import { groupsOf, type ParameterGroup, type ParametersOrGroups } from '../parameter-groups.js';
import { assignState, StateDictError, stateProblems } from '../state-dict.js';
import { MemoryGrowth } from './memory-growth.js';

/** Options of every optimizer. */
export interface OptimizerOptions {
  /** The learning rate, 0 or more. */
  readonly lr?: number;
  /** How strongly parameters are pulled toward 0; groups may have one of their own. */
  readonly weightDecay?: number;
  /**
   * Scales the gradients of all groups but those with `clipped: false` down to this common norm before every step; γ and
   * β of BatchNorm are in such a group.
   */
  readonly maxNorm?: number;
  /** Limits every element of the same gradients to [−maxValue, maxValue] instead; not together with `maxNorm`. */
  readonly maxValue?: number;
}

/** The options of an optimizer with everything filled in. */
export type OptimizerHyperparameters = OptimizerOptions & {
  readonly lr: number;
  readonly weightDecay: number;
} & Readonly<Record<string, number | boolean | readonly number[] | undefined>>;

/** What an optimizer needs besides its tensors to continue; survives JSON. */
export interface OptimizerSettings {
  readonly optimizer: string;
  /** The options; `lr` is the current one. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly groups: readonly {
    readonly name: string;
    readonly shapes: readonly Shape[];
    readonly lrScale: number;
    readonly weightDecay: number;
    readonly clipped: boolean;
  }[];
  /** How many steps each parameter has taken. */
  readonly steps: readonly number[];
  /** The learning rate before the first scheduler was made; null where there is none. */
  readonly initialLr: number | null;
}

/** The whole state of an optimizer. */
export interface OptimizerState<T = Tensor> {
  readonly settings: OptimizerSettings;
  /** Moments by the position of their parameter among all and their name: `3.moment1`. */
  readonly tensors: ReadonlyMap<string, T>;
}

/** One update of one parameter. */
export interface ParameterUpdate {
  readonly parameter: Parameter;
  readonly gradient: Tensor;
  /** In the order of their names; zeros at the first step. */
  readonly moments: readonly Tensor[];
  /** The learning rate of the group. */
  readonly learningRate: number;
  readonly weightDecay: number;
  /** 1 for the first step that this parameter takes. */
  readonly step: number;
}

interface Slot {
  readonly parameter: Parameter;
  readonly group: ParameterGroup;
  moments: Tensor[];
  steps: number;
}

/** The paths at which stored plain data is not what it should be. */
function differences(path: string, own: unknown, stored: unknown): string[] {
  const isNested = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  if (isNested(own) && isNested(stored)) {
    const keys = new Set([...Object.keys(own), ...Object.keys(stored)]);
    return [...keys].flatMap((key) => differences(`${path}.${key}`, own[key], stored[key]));
  }
  // Compared as JSON, which has no Infinity and drops what is undefined.
  const [expected, found] = [JSON.stringify(own), JSON.stringify(stored)];
  return expected === found ? [] : [`${path} is ${found ?? 'missing'} instead of ${expected ?? 'missing'}`];
}

/**
 * Changes parameters in place by their gradients. One call of `step` clips the gradients if that was asked for and
 * updates every parameter that has one; nothing is read back from the device and nothing is awaited.
 */
export abstract class Optimizer implements Disposable {
  /** What messages and state dicts call it. */
  readonly name: string;
  /** The learning rate before the first scheduler was made, which all of them begin from; undefined where there is none. */
  initialLr: number | undefined;
  readonly #options: OptimizerHyperparameters;
  readonly #momentNames: readonly string[];
  readonly #groups: ParameterGroup[] = [];
  readonly #slots: Slot[] = [];
  readonly #memoryGrowth = new MemoryGrowth();
  #lr = 0;
  #lastNorm: Tensor | undefined;
  #disposed = false;

  /**
   * @param name what messages and state dicts call it
   * @param momentNames the tensors kept for each parameter
   * @throws ArgumentError where there are no parameters, one occurs twice, or an option is out of range
   */
  protected constructor(
    name: string,
    parameters: ParametersOrGroups,
    options: OptimizerHyperparameters,
    momentNames: readonly string[],
  ) {
    const groups = groupsOf(name, parameters);
    this.name = name;
    this.#options = options;
    this.#momentNames = momentNames;
    this.lr = options.lr;
    const { weightDecay, maxNorm, maxValue } = options;
    const atLeastZero = 'a finite number of 0 or more';
    checkOption(isAtLeastZero(weightDecay), name, 'weightDecay', atLeastZero, weightDecay);
    checkOption(maxNorm === undefined || maxNorm > 0, name, 'maxNorm', 'a number above 0', maxNorm);
    checkOption(maxValue === undefined || maxValue > 0, name, 'maxValue', 'a number above 0', maxValue);
    if (maxNorm !== undefined && maxValue !== undefined) {
      throw new ArgumentError(`${name}: gradients are clipped by maxNorm or by maxValue: leave one of them out`);
    }
    for (const group of groups) this.#addGroup(group);
  }

  #addGroup(group: ParameterGroup): void {
    const { name, parameters, lrScale = 1, weightDecay = 0 } = group;
    const atLeastZero = 'a finite number of 0 or more';
    checkOption(isAtLeastZero(lrScale), this.name, `lrScale of group ${name}`, atLeastZero, lrScale);
    checkOption(isAtLeastZero(weightDecay), this.name, `weightDecay of group ${name}`, atLeastZero, weightDecay);
    this.#groups.push(group);
    for (const parameter of parameters) this.#slots.push({ parameter, group, moments: [], steps: 0 });
  }

  /** The groups that are trained, in the order of the state dict. */
  get groups(): readonly ParameterGroup[] {
    return this.#groups;
  }

  /**
   * Trains more parameters from the next step on, such as those of layers that are unfrozen later. To go on from the state
   * of such an optimizer, add the same groups first.
   *
   * @throws ArgumentError where the group has no parameters, one is trained already, or a setting is out of range
   */
  addParameterGroup(group: ParameterGroup): void {
    this.#checkAlive();
    groupsOf(this.name, [group]);
    groupsOf(this.name, [...this.#groups, group]);
    this.#addGroup(group);
  }

  /** The learning rate; schedulers change it. */
  get lr(): number {
    return this.#lr;
  }
  set lr(value: number) {
    checkOption(isAtLeastZero(value), this.name, 'lr', 'a finite number of 0 or more', value);
    this.#lr = value;
  }

  /** The momentum, or the first of the betas, which OneCycleLR changes; undefined if there is none to change. */
  get momentum(): number | undefined {
    return undefined;
  }
  set momentum(value: number | undefined) {
    throw new ArgumentError(`${this.name}: momentum ${value}: the optimizer has none that can be changed`);
  }

  /** The norm that gradients are clipped to; undefined if they are not. */
  get maxNorm(): number | undefined {
    return this.#options.maxNorm;
  }

  /**
   * The norm of the gradients before clipping in the last step, a scalar that lives until the next step; undefined
   * without `maxNorm`. A norm that is not finite says that the step has spoiled the parameters, or (with Infinity) at
   * best their update: look at it whenever the loop waits for the device, and go back to a checkpoint.
   */
  get lastNorm(): Tensor | undefined {
    return this.#lastNorm;
  }

  /**
   * Updates in place every parameter that has a gradient. Warns on the console, once in a program, if the live tensors
   * grow from step to step, as they do in a loop without `scope()`.
   *
   * @param norm the norm of the gradients, if `clipGradientNorm(optimizer.groups, Infinity)` has measured it already
   * @throws DisposedError if a parameter was freed, by `module.cast()` for example, or the optimizer was
   */
  step(norm?: Tensor): void {
    this.#checkAlive();
    this.#freeNorm();
    const { maxNorm, maxValue } = this.#options;
    if (maxNorm !== undefined) {
      this.#lastNorm = keep(clipGradientNorm(this.groups, maxNorm, norm && { measured: norm.detach() }));
    }
    if (maxValue !== undefined) clipGradientValue(this.groups, maxValue);
    for (const slot of this.#slots) {
      const { parameter, group } = slot;
      const gradient = parameter.grad;
      if (!gradient) continue;
      if (slot.steps === 0) this.#allocate(slot);
      slot.steps++;
      const update: ParameterUpdate = {
        parameter,
        gradient,
        moments: slot.moments,
        learningRate: this.#lr * (group.lrScale ?? 1),
        weightDecay: group.weightDecay ?? this.#options.weightDecay,
        step: slot.steps,
      };
      noGrad(() => scope(() => this.update(update)));
    }
    this.#memoryGrowth.step(`${this.name}.step`);
  }

  /**
   * Changes the elements of one parameter and of its moments in place, by `assign`, `assignLerp` or `updateInPlace`. It is
   * called inside `noGrad` and `scope`.
   */
  protected abstract update(update: ParameterUpdate): void;

  /** Frees the gradients of all parameters. */
  zeroGrad(): void {
    for (const { parameter } of this.#slots) zeroGrad(parameter);
  }

  /** Everything that training needs to continue bit for bit. The tensors are those in use, not copies. */
  stateDict(): OptimizerState {
    return {
      settings: {
        optimizer: this.name,
        options: { ...this.#options, lr: this.#lr },
        groups: this.groups.map(({ name, parameters, lrScale, weightDecay, clipped }) => ({
          name,
          shapes: parameters.map(({ shape }) => shape),
          lrScale: lrScale ?? 1,
          weightDecay: weightDecay ?? this.#options.weightDecay,
          clipped: clipped ?? true,
        })),
        steps: this.#slots.map(({ steps }) => steps),
        initialLr: this.initialLr ?? null,
      },
      tensors: new Map(
        this.#slots.flatMap(({ moments }, index) =>
          moments.map((moment, m): [string, Tensor] => [`${index}.${this.#momentNames[m]}`, moment]),
        ),
      ),
    };
  }

  /**
   * Takes over the state of an optimizer of the same kind with the same options and groups: its learning rate, its
   * numbers of steps, copies of its moments.
   *
   * @throws StateDictError that lists all that differs, is missing, unexpected or freed; nothing is changed then
   * @throws DTypeError, ShapeError or ArgumentError where the parts of a host array do not fit each other; nothing is
   *   changed then
   */
  loadStateDict(state: OptimizerState<Tensor | HostArray>): void {
    this.#checkAlive();
    const { lr, ...options } = state.settings.options;
    const { steps, initialLr } = state.settings;
    const { lr: _, ...ownOptions } = this.#options;
    const own = this.stateDict().settings;
    const problems = [
      ...differences('optimizer', own.optimizer, state.settings.optimizer),
      ...differences('options', ownOptions, options),
      ...differences('groups', own.groups, state.settings.groups),
    ];
    if (!isAtLeastZero(lr)) problems.push(`options.lr is ${lr}`);
    if (initialLr !== null && !isAtLeastZero(initialLr)) problems.push(`initialLr is ${initialLr}`);
    const areCounts = Array.isArray(steps) && steps.every((count) => Number.isSafeInteger(count) && count >= 0);
    if (!areCounts || steps.length !== this.#slots.length) {
      problems.push(`steps is [${steps}] instead of ${this.#slots.length} counts`);
    }
    if (problems.length === 0) problems.push(...this.#tensorProblems(steps, state.tensors));
    if (problems.length > 0) {
      const wayOut = isUngrouped(state.settings) && !isUngrouped(own) ? WAY_OUT_OF_GROUPS : '';
      throw new StateDictError(`${this.name}.loadStateDict: ${problems.join('; ')}${wayOut}`);
    }
    this.lr = lr as number;
    this.initialLr = initialLr ?? undefined;
    this.#slots.forEach((slot, index) => {
      slot.steps = steps[index]!;
      if (slot.steps === 0) free(slot);
      else if (slot.moments.length === 0) this.#allocate(slot);
      slot.moments.forEach((moment, m) => {
        assignState(moment, state.tensors.get(`${index}.${this.#momentNames[m]}`)!);
      });
    });
  }

  #tensorProblems(steps: readonly number[], tensors: ReadonlyMap<string, Tensor | HostArray>): string[] {
    const expected = new Map(
      this.#slots.flatMap(({ parameter }, index) =>
        steps[index] === 0 ? [] : this.#momentNames.map((name): [string, Parameter] => [`${index}.${name}`, parameter]),
      ),
    );
    return stateProblems(`${this.name}.loadStateDict`, expected, tensors);
  }

  /** Frees the moments and the last norm; the optimizer cannot be used any more, the parameters can. */
  dispose(): void {
    this.#disposed = true;
    this.#freeNorm();
    for (const slot of this.#slots) free(slot);
  }

  /** `using optimizer = …` frees its tensors at the end of the block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #checkAlive(): void {
    if (this.#disposed) throw new DisposedError(`${this.name}: the optimizer was used after dispose()`);
    for (const { parameter, group } of this.#slots) {
      if (!parameter.disposed) continue;
      throw new DisposedError(
        `${this.name}: a parameter ${formatShape(parameter.shape)} of group ${group.name} was freed: ` +
          'make the optimizer after cast(), and keep the module',
      );
    }
  }

  #allocate(slot: Slot): void {
    slot.moments = this.#momentNames.map(() => keep(zerosLike(slot.parameter)));
  }

  #freeNorm(): void {
    if (this.#lastNorm && !this.#lastNorm.disposed) this.#lastNorm.dispose();
    this.#lastNorm = undefined;
  }
}

/** The name of the one group that a plain list was before lists were grouped by role: states of that time have it. */
const SINGLE_GROUP = 'parameters';
const WAY_OUT_OF_GROUPS = `: the state has all parameters in one group: make this optimizer with [{ name: '${SINGLE_GROUP}', parameters }] to go on with it`;

function isUngrouped({ groups }: OptimizerSettings): boolean {
  return groups?.length === 1 && groups[0]?.name === SINGLE_GROUP;
}

function free(slot: Slot): void {
  for (const moment of slot.moments) moment.dispose();
  slot.moments = [];
}

function isAtLeastZero(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0;
}
