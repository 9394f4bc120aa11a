import { noGrad, requireGrad, zeroGrad } from '@pnn/autograd';
import {
  ArgumentError,
  DTypeError,
  type FloatDType,
  formatShape,
  type HostArray,
  isFloat,
  isReplaying,
  ShapeError,
  type Tensor,
} from '@pnn/tensor';
import { type Found, findNested } from './nested.js';
import { checkOption } from './options.js';
import { Parameter, StateBuffer } from './parameter.js';
import { groupsByRole, type ParameterGroup } from './parameter-groups.js';
import { pausableForward } from './paused-forward.js';
import { pyTorchName, toPyTorchNames } from './pytorch-names.js';
import { runForward } from './running.js';
import { assignState, type LoadStateOptions, StateDictError, stateProblems } from './state-dict.js';
import { underFirstNames } from './tied-weights.js';

/** Called after a module's forward with what went in and what came out. */
export type ForwardHook = (module: Module, inputs: readonly Tensor[], output: Tensor) => void;

type Member = Parameter | StateBuffer | Module;

function isMember(value: unknown): value is Member {
  return value instanceof Parameter || value instanceof StateBuffer || value instanceof Module;
}

/** Whether a state calls something by the name that PyTorch has for it, and not by our own. */
function hasPyTorchNames(state: ReadonlyMap<string, unknown>, own: ReadonlyMap<string, Tensor>): boolean {
  return [...own].some(([name, tensor]) => !state.has(name) && state.has(pyTorchName(name, tensor)));
}

/**
 * A part of a network: its parameters, buffers and submodules are simply its properties, also in arrays, Maps and plain
 * objects there, found in the order in which they were assigned. Subclasses define `forward`. Where it uses what cannot
 * be found so, as in a `#private` field, a ModuleError says so: modules each time, parameters of their own the first time.
 */
export abstract class Module {
  /** Whether the module behaves as in training; set by `train` and `eval`. */
  training = true;
  /**
   * Whether others may compute with this module without having it among their modules, as with a teacher that somebody
   * else trains, saves and switches to evaluation.
   */
  external = false;
  #hooks: Set<{ readonly call: ForwardHook }> | undefined;

  constructor() {
    const { forward } = this;
    // Shadows the method of the class; a forward that is a property of the subclass replaces it.
    Object.defineProperty(this, 'forward', {
      configurable: true,
      enumerable: false,
      writable: true,
      value: (...inputs: Tensor[]) => {
        const compute = () => runForward(this, inputs, () => forward.apply(this, inputs));
        return pausableForward()?.recall(this, compute) ?? compute();
      },
    });
  }

  /** Computes the output. */
  abstract forward(...inputs: Tensor[]): Tensor;

  /** The settings of the module, printed in parentheses after its name. */
  describe(): string {
    return '';
  }

  #members(): Found<Member>[] {
    return findNested(this, isMember);
  }

  /** The direct submodules with their names. */
  children(): [name: string, module: Module][] {
    return this.#members().flatMap(({ name, value }) =>
      value instanceof Module ? [[name, value] as [string, Module]] : [],
    );
  }

  /** This module and all modules in it with their full names, outermost first; each once, under the first of its names. */
  namedModules(prefix = ''): Generator<[name: string, module: Module]> {
    return this.#walk(prefix, new Set());
  }

  *#walk(prefix: string, seen: Set<Module>): Generator<[name: string, module: Module]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this];
    for (const [name, child] of this.children()) yield* child.#walk(prefix ? `${prefix}.${name}` : name, seen);
  }

  /**
   * All parameters with their full names, such as `0.weight`; each once.
   *
   * @throws ArgumentError where two tensors have the same name, as under the keys 1 and '1' of a Map
   */
  *namedParameters(): Generator<[name: string, parameter: Parameter]> {
    for (const [name, value] of this.#state()) if (value instanceof Parameter) yield [name, value];
  }

  /** All parameters, each once. */
  parameters(): Parameter[] {
    return [...this.namedParameters()].map(([, parameter]) => parameter);
  }

  /** All buffers with their full names, such as `1.runningMean`; each once. */
  *namedBuffers(): Generator<[name: string, buffer: StateBuffer]> {
    for (const [name, value] of this.#state()) if (value instanceof StateBuffer) yield [name, value];
  }

  *#state(): Generator<[string, Parameter | StateBuffer]> {
    const seen = new Set<Tensor>();
    const names = new Set<string>();
    for (const [prefix, module] of this.namedModules()) {
      for (const { name, value } of module.#members()) {
        if (value instanceof Module || seen.has(value)) continue;
        seen.add(value);
        const path = prefix ? `${prefix}.${name}` : name;
        if (names.has(path)) {
          throw new ArgumentError(
            `${this.constructor.name}: two tensors are called ${path}: give the keys of Maps and objects other names, ` +
              'which differ as texts and have no dots',
          );
        }
        names.add(path);
        yield [path, value];
      }
    }
  }

  /** Parameters and buffers under every name that leads to them: tied weights have several. */
  *#everyName(prefix = '', within: readonly Module[] = []): Generator<[string, Parameter | StateBuffer]> {
    if (within.includes(this)) return;
    for (const { name, value } of this.#members()) {
      const path = prefix ? `${prefix}.${name}` : name;
      if (value instanceof Module) yield* value.#everyName(path, [...within, this]);
      else yield [path, value];
    }
  }

  /** The number of numbers that the module learns. */
  parameterCount(): number {
    return this.parameters().reduce((sum, parameter) => sum + parameter.size, 0);
  }

  /** The parameters by what they are for, with the settings that this asks for; groups without parameters are left out. */
  parameterGroups(): ParameterGroup[] {
    return groupsByRole(this.parameters());
  }

  /** Switches this module and all in it to the behavior of training (or, with false, of evaluation). */
  train(mode = true): this {
    for (const [, module] of this.namedModules()) module.training = mode;
    return this;
  }

  /** Switches this module and all in it to the behavior of evaluation. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Makes gradients flow to all parameters of this module and all in it, or, with false, freezes them: they get no
   * gradients, and an optimizer leaves them alone until they require gradients again. What is not learned goes on, such as
   * the statistics of BatchNorm while training.
   *
   * @param required true unless it is given
   */
  requireGrad(required = true): this {
    for (const parameter of this.parameters()) requireGrad(parameter, required);
    return this;
  }

  /** Frees the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) zeroGrad(parameter);
  }

  /** Parameters and buffers by their full names. These are the tensors themselves, not copies. */
  stateDict(): Map<string, Tensor> {
    return new Map(this.#state());
  }

  /**
   * Copies values into the parameters and buffers. Tied weights may have any of their names, or all of them with the same
   * elements, as in files of PyTorch.
   *
   * @throws StateDictError that lists missing and unexpected names, and tensors that were freed or whose shape or type
   *   differs; nothing is changed then
   * @throws DTypeError, ShapeError or ArgumentError where the parts of a host array do not fit each other; nothing is
   *   changed then
   * @throws ArgumentError where there are no such names
   */
  loadStateDict(given: ReadonlyMap<string, Tensor | HostArray>, options: LoadStateOptions = {}): void {
    const { names = 'own' } = options;
    checkOption(names === 'own' || names === 'pytorch', 'loadStateDict', 'names', "'own' or 'pytorch'", names);
    const tensors = this.stateDict();
    const own = options.names === 'pytorch' ? toPyTorchNames(tensors) : tensors;
    const everyName = Array.from(this.#everyName(), ([name, tensor]): [string, Tensor] => [
      options.names === 'pytorch' ? pyTorchName(name, tensor) : name,
      tensor,
    ]);
    const state = underFirstNames(own, everyName, given);
    const sourceOf = (name: string) => {
      const target = tensors.get(name);
      return target && state.get(options.names === 'pytorch' ? pyTorchName(name, target) : name);
    };
    const problems = stateProblems('loadStateDict', own, state, options);
    const others = options.cast ? problems : stateProblems('loadStateDict', own, state, { ...options, cast: true });
    if (others.length < problems.length) problems.push('pass { cast: true } to convert float types');
    if (problems.length > 0 && options.names !== 'pytorch' && hasPyTorchNames(state, tensors)) {
      problems.push("pass { names: 'pytorch' } for the names of PyTorch");
    }
    if (problems.length === 0) {
      for (const [prefix, module] of this.namedModules()) {
        const problem = module.stateProblem((name) => sourceOf(prefix ? `${prefix}.${name}` : name));
        if (problem !== undefined) problems.push(problem);
      }
    }
    if (problems.length > 0) throw new StateDictError(`loadStateDict: ${problems.join('; ')}`);
    for (const [name, target] of own) {
      const source = state.get(name);
      if (source) assignState(target, source);
    }
    for (const [, module] of this.namedModules()) module.stateLoaded();
  }

  /**
   * What is wrong with the values that `loadStateDict` is about to put into this module, for modules that refuse some
   * values of the right shape and type.
   *
   * @param _source the new value of a parameter or buffer of this module by its name; undefined if there is none
   */
  protected stateProblem(_source: (name: string) => Tensor | HostArray | undefined): string | undefined {
    return undefined;
  }

  /** Called when `loadStateDict` has changed parameters or buffers: for modules that keep values computed from them. */
  protected stateLoaded(): void {}

  /**
   * Turns all float parameters and buffers into another float type; those that are shared stay shared. Make the
   * optimizer afterwards: the old parameters are freed.
   */
  cast(dtype: FloatDType): this {
    const replacements = new Map<Tensor, Parameter | StateBuffer>();
    for (const [, module] of this.namedModules()) {
      for (const { value, replace } of module.#members()) {
        if (value instanceof Module || value.dtype === dtype || !isFloat(value.dtype)) continue;
        if (value instanceof StateBuffer && value.keepsType) continue;
        let replacement = replacements.get(value);
        if (!replacement) {
          const converted = noGrad(() => value.cast(dtype));
          replacement =
            value instanceof Parameter
              ? requireGrad(new Parameter(converted, value.role), value.requiresGrad)
              : new StateBuffer(converted);
          replacements.set(value, replacement);
          zeroGrad(value);
          value.dispose();
        }
        replace(replacement);
      }
    }
    return this;
  }

  /** Frees all parameters and buffers; the module cannot be used any more. */
  dispose(): void {
    for (const [, value] of this.#state()) {
      zeroGrad(value);
      if (!value.disposed) value.dispose();
    }
  }

  /**
   * Has the hook called after every forward of this module, but not where `checkpoint` repeats one.
   *
   * @returns a function that removes the hook
   */
  addForwardHook(hook: ForwardHook): () => void {
    this.#hooks ??= this.#watchForward();
    const hooks = this.#hooks;
    const added = { call: hook };
    hooks.add(added);
    return () => {
      hooks.delete(added);
    };
  }

  /** Shadows the forward, so that a module without hooks pays nothing for them. */
  #watchForward(): Set<{ readonly call: ForwardHook }> {
    const hooks = new Set<{ readonly call: ForwardHook }>();
    const forward = this.forward.bind(this);
    Object.defineProperty(this, 'forward', {
      configurable: true,
      enumerable: false,
      value: (...inputs: Tensor[]) => {
        const output = forward(...inputs);
        const isHeard = isReplaying() || pausableForward()?.isRecalled(output);
        if (!isHeard) for (const { call } of [...hooks]) call(this, inputs, output);
        return output;
      },
    });
    return hooks;
  }

  /** The module and all in it as a tree, with settings and numbers of parameters. */
  toString(): string {
    const lines = (module: Module, label: string, around: readonly Module[]): string[] => {
      const start = `${'  '.repeat(around.length)}${label}${module.constructor.name}`;
      if (around.includes(module)) return [`${start}, which this is in`];
      const count = module.parameterCount();
      const own = `${start}(${module.describe()})${count > 0 ? `  ${count.toLocaleString('en')}` : ''}`;
      const within = [...around, module];
      return [own, ...module.children().flatMap(([name, child]) => lines(child, `${name}: `, within))];
    };
    return lines(this, '', []).join('\n');
  }

  /** @throws ShapeError | DTypeError where the input has not that many axes, or is not a float tensor */
  protected checkInput(input: Tensor, ranks: readonly number[], layout: string): void {
    const name = this.constructor.name;
    if (!ranks.includes(input.rank)) {
      throw new ShapeError(`${name}: ${formatShape(input.shape)}: the input must be ${layout}`);
    }
    if (input.dtype !== 'float32' && input.dtype !== 'float64') {
      throw new DTypeError(`${name}: the input is ${input.dtype}: cast() it to float32`);
    }
  }
}
