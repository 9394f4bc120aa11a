import { ArgumentError, scalarFunctions } from '@pnn/tensor';

/** The activations that can be named as the target of a fit. */
export const targetNames = ['relu', 'silu', 'gelu', 'sigmoid', 'tanh', 'softplus'] as const;
export type TargetName = (typeof targetNames)[number];

/** What a polynomial is fitted to: an activation by name, or any function of one real number. */
export type Target = TargetName | ((x: number) => number);

/**
 * The function behind a target, in float64: finite and accurate for every finite x.
 *
 * @throws ArgumentError where the name is none of the known ones
 */
export function targetFunction(target: Target): (x: number) => number {
  if (typeof target === 'function') return target;
  if (!targetNames.includes(target)) {
    const known = targetNames.join(', ');
    throw new ArgumentError(`targetFunction: no target is called '${target}'; there are ${known}, or pass a function`);
  }
  return scalarFunctions[target];
}

/** A target's name for reports: its own, the name of the given function, or 'custom' for a nameless one. */
export function targetName(target: Target): string {
  if (typeof target === 'string') return target;
  return target.name === '' ? 'custom' : target.name;
}
