import { Registry, scalarFunctions, type Tensor } from '@pnn/nn';
import { elementwise } from './elementwise.js';

/** The targets of this package. */
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

/**
 * The activations that can be named as a target. `targets.register(entry)` adds one of your own: before a network is made
 * that names it, or read from a file that does.
 */
export const targets = new Registry<TargetEntry>('target', builtInTargets);

/**
 * The entry of a named target; of a function one that computes number by number, with slopes by differences.
 *
 * @throws ArgumentError if nothing is registered by the name
 */
export function targetEntry(target: Target): TargetEntry {
  if (typeof target === 'function') {
    const name = targetName(target);
    return { name, evaluate: target, apply: elementwise(name, target) };
  }
  return targets.get(target);
}

/**
 * The function behind a target, in float64: finite and accurate for every finite x.
 *
 * @throws ArgumentError if nothing is registered by the name
 */
export function targetFunction(target: Target): (x: number) => number {
  return targetEntry(target).evaluate;
}

/** A target's name for reports: its own, the name of the given function, or 'custom' for a nameless one. */
export function targetName(target: Target): string {
  if (typeof target === 'string') return target;
  return target.name === '' ? 'custom' : target.name;
}
