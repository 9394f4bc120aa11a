import { ArgumentError, scalarFunctions, type Tensor } from '@pnn/tensor';
import { elementwise } from './elementwise.js';

/** The activations that can be named as the target of a fit without further ado. */
export const targetNames = ['relu', 'silu', 'gelu', 'sigmoid', 'tanh', 'softplus'] as const;
/** One of {@link targetNames}. */
export type TargetName = (typeof targetNames)[number];

/** What a polynomial is fitted to: an activation by name, or any function of one real number. */
export type Target = TargetName | (string & {}) | ((x: number) => number);

/** An activation that can be named as a target. */
export interface TargetEntry {
  /** What options, reports and files call it. */
  readonly name: string;
  /** The function in float64: finite and accurate for every finite x. */
  readonly evaluate: (x: number) => number;
  /** The same function of every element of a tensor, by operations that gradients flow through. */
  readonly apply: (x: Tensor) => Tensor;
}

const builtInTargets: readonly TargetEntry[] = targetNames.map((name) => ({
  name,
  evaluate: scalarFunctions[name],
  apply: (x) => x[name](),
}));

const registered = new Map<string, TargetEntry>();

/**
 * Makes an activation known by its name, as those of this package are: before a network is made that names it, or read
 * from a file that does.
 *
 * @throws ArgumentError where the name is empty or taken
 */
export function registerTarget(entry: TargetEntry): void {
  if (entry.name === '') throw new ArgumentError('registerTarget: the name must not be empty');
  if (registered.has(entry.name)) {
    throw new ArgumentError(`registerTarget: there is a target '${entry.name}' already: choose another name`);
  }
  registered.set(entry.name, entry);
}

for (const entry of builtInTargets) registerTarget(entry);

/** The names of all targets that are known now, those of this package first. */
export function knownTargets(): string[] {
  return [...registered.keys()];
}

/**
 * The entry of a named target; of a function one that computes number by number, with slopes by differences.
 *
 * @throws ArgumentError where nothing is registered by the name
 */
export function targetEntry(target: Target): TargetEntry {
  if (typeof target === 'function') {
    const name = targetName(target);
    return { name, evaluate: target, apply: elementwise(name, target) };
  }
  const entry = registered.get(target);
  if (!entry) {
    throw new ArgumentError(
      `targetEntry: no target is called '${target}'; there are ${knownTargets().join(', ')}: ` +
        'registerTarget() makes another known, or pass a function',
    );
  }
  return entry;
}

/**
 * The function behind a target, in float64: finite and accurate for every finite x.
 *
 * @throws ArgumentError where the name is none of the known ones
 */
export function targetFunction(target: Target): (x: number) => number {
  return targetEntry(target).evaluate;
}

/** A target's name for reports: its own, the name of the given function, or 'custom' for a nameless one. */
export function targetName(target: Target): string {
  if (typeof target === 'string') return target;
  return target.name === '' ? 'custom' : target.name;
}
