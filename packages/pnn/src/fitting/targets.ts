import { ArgumentError } from '@pnn/tensor';
import { erfc } from './erfc.js';

/** The activations that can be named as the target of a fit. */
export const targetNames = ['relu', 'silu', 'gelu', 'sigmoid', 'tanh', 'softplus'] as const;
export type TargetName = (typeof targetNames)[number];

/** What a polynomial is fitted to: an activation by name, or any function of one real number. */
export type Target = TargetName | ((x: number) => number);

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const FUNCTIONS: Readonly<Record<TargetName, (x: number) => number>> = {
  relu: (x) => Math.max(x, 0),
  silu: (x) => x * sigmoid(x),
  /** x Φ(x) with the normal distribution function itself, not its approximation by tanh. */
  gelu: (x) => 0.5 * x * erfc(-x * Math.SQRT1_2),
  sigmoid,
  tanh: Math.tanh,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
};

/**
 * The function behind a target, in float64: finite and accurate for every finite x.
 *
 * @throws ArgumentError where the name is none of the known ones
 */
export function targetFunction(target: Target): (x: number) => number {
  if (typeof target === 'function') return target;
  if (!Object.hasOwn(FUNCTIONS, target)) {
    const known = Object.keys(FUNCTIONS).join(', ');
    throw new ArgumentError(`targetFunction: no target is called '${target}'; there are ${known}, or pass a function`);
  }
  return FUNCTIONS[target];
}

/** A target's name for reports: its own, the name of the given function, or 'custom' for a nameless one. */
export function targetName(target: Target): string {
  if (typeof target === 'string') return target;
  return target.name === '' ? 'custom' : target.name;
}
