import { MAX_ACTIVATION_DEGREE } from '@pnn/pnn';
import type { OptionSpec, Options } from '../cli/options.js';

/** The option for the degrees of a study. */
export function degreesOption(degrees: string): OptionSpec {
  return { value: 'N,N,…', description: `degrees of the polynomials (default ${degrees})` };
}

/** @throws UsageError if one is not a degree */
export function degreesFrom(options: Options, degrees: string): readonly number[] {
  const given = options.list('degrees', (each, name) => each.integer(name, 1, MAX_ACTIVATION_DEGREE));
  return given ?? degrees.split(',').map(Number);
}
