import {
  activeTracer,
  formatShape,
  type OperatorCall,
  PnnError,
  type Tensor,
  type Tracer,
  withTracer,
} from '@pnn/tensor';
import { Parameter, StateBuffer } from './parameter.js';

/** A module computes with a module, a parameter or a buffer that cannot be found in it. */
export class ModuleError extends PnnError {
  override readonly name = 'ModuleError';
}

/** What is asked of a module here. */
export interface RunningModule {
  readonly training: boolean;
  readonly external: boolean;
  namedModules(): Iterable<readonly [name: string, module: RunningModule]>;
  stateDict(): ReadonlyMap<string, Tensor>;
}

/** The module whose forward was called first, not inside that of another one, and the one whose forward runs now. */
let root: RunningModule | undefined;
let innermost: RunningModule | undefined;

/** The modules that were found in a module when they were looked for last. */
const membersOf = new WeakMap<RunningModule, WeakSet<RunningModule>>();

/** Modules whose parameters were watched during a forward. */
const watched = new WeakSet<RunningModule>();

const nameOf = (module: RunningModule): string => module.constructor.name;

const WAY_OUT =
  'make it a property, also in an array, Map or object (but not a #private field, which nobody else can see)';

function findMembers(of: RunningModule): WeakSet<RunningModule> {
  const members = new WeakSet([...of.namedModules()].map(([, each]) => each));
  membersOf.set(of, members);
  return members;
}

function isMember(module: RunningModule, of: RunningModule): boolean {
  return membersOf.get(of)?.has(module) || findMembers(of).has(module);
}

/** @throws ModuleError where a module with state of its own is used by one in which it is not found */
function checkMember(module: RunningModule, user: RunningModule, of: RunningModule): void {
  if ((membersOf.get(of) ?? findMembers(of)).has(module)) return;
  const state = [...module.stateDict().values()];
  if (state.length === 0 || isMember(module, of)) return;
  const known = new Set(of.stateDict().values());
  if (state.every((tensor) => known.has(tensor))) return;
  throw new ModuleError(
    `${nameOf(user)} computes with a ${nameOf(module)} that is not among the modules of ${nameOf(of)}: it would not be ` +
      `trained, saved or switched to evaluation: ${WAY_OUT}, or set its \`external\` to true where that is done elsewhere`,
  );
}

/** @throws ModuleError where a parameter or buffer is used by a module in which it is not found */
function checkState(used: ReadonlySet<Tensor>, inputs: readonly Tensor[], of: RunningModule): void {
  const known = new Set([...of.stateDict().values(), ...inputs]);
  for (const tensor of used) {
    if (known.has(tensor)) continue;
    throw new ModuleError(
      `${nameOf(of)} computes with a ${nameOf(tensor as never)} ${formatShape(tensor.shape)} that is not among those of ` +
        `its modules: it would not be trained or saved: ${WAY_OUT}`,
    );
  }
}

/** Collects the parameters and buffers that operators are applied to. */
class StateWatcher implements Tracer {
  readonly used = new Set<Tensor>();

  called({ inputs }: OperatorCall): void {
    for (const input of inputs) if (input instanceof Parameter || input instanceof StateBuffer) this.used.add(input);
  }

  allocated(): void {}
  filled(): void {}
  written(): void {}
  changing(): void {}
  changingUnseen(): void {}
  reading(): void {}
  seeded(): void {}
  drawing(): void {}
}

/** Runs a forward that is not inside another one; the first time, its parameters are looked at as well. */
function runRoot<T>(module: RunningModule, inputs: readonly Tensor[], forward: () => T): T {
  const tracer = activeTracer();
  const isFree = tracer === undefined || tracer instanceof StateWatcher;
  if (!isFree) return forward();
  if (watched.has(module)) return tracer ? withTracer(undefined, forward) : forward();
  const watcher = new StateWatcher();
  const output = withTracer(watcher, forward);
  checkState(watcher.used, inputs, module);
  watched.add(module);
  return output;
}

/**
 * Runs the forward of a module.
 *
 * @throws ModuleError where it uses modules, parameters or buffers that cannot be found in it
 */
export function runForward<T>(module: RunningModule, inputs: readonly Tensor[], forward: () => T): T {
  const before = { root, innermost };
  const isRoot = root === undefined || module.external;
  if (!isRoot) checkMember(module, innermost!, root!);
  innermost = module;
  try {
    if (!isRoot) return forward();
    root = module;
    return runRoot(module, inputs, forward);
  } finally {
    ({ root, innermost } = before);
  }
}

/**
 * For modules without state that compute otherwise while training: checks that evaluation reaches them.
 *
 * @throws ModuleError where the module computes as in training inside one that is in evaluation and does not have it
 */
export function checkMode(module: RunningModule): void {
  if (!root || root === module || root.training || !module.training || isMember(module, root)) return;
  throw new ModuleError(
    `${nameOf(root)} is in evaluation, but computes with a ${nameOf(module)} that trains and is not among its modules: ` +
      WAY_OUT,
  );
}
