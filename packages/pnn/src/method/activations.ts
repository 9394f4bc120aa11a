import type { Module } from '@pnn/nn';
import { PolynomialActivation } from '../activation/polynomial-activation.js';
import { TargetActivation } from '../activation/target-activation.js';
import { targets } from '../fitting/index.js';
import type { MethodSpec } from './method-spec.js';

/** B before calibration; any positive number would do, since the warm-up uses the targets. */
const PROVISIONAL_BOUND = 10;

/**
 * What makes the activations of a network: a new one at every call, for a place of its own.
 *
 * @throws ArgumentError if no target is registered by the name
 */
export function activationFactory({ target, polynomial }: MethodSpec): () => Module {
  targets.get(target);
  if (!polynomial) return () => new TargetActivation(target);
  const { degree, bound, alpha, method, samples, basis, learnable, outside, penalty } = polynomial;
  const options = { target, degree, alpha, method, basis, learnable, outside, penalty };
  const b = bound.kind === 'fixed' ? bound.bound : PROVISIONAL_BOUND;
  return () => new PolynomialActivation({ ...options, bound: b, ...(samples !== null && { samples }) });
}
