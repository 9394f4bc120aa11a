import { GELU, Module, ReLU, Sigmoid, SiLU, Tanh, type Tensor } from '@pnn/nn';
import { PolynomialActivation } from '../activation/polynomial-activation.js';
import { type TargetName, targetFunction } from '../fitting/index.js';
import type { MethodSpec } from './method-spec.js';

/** ln(1 + e^x). */
class Softplus extends Module {
  override forward(x: Tensor): Tensor {
    return x.softplus();
  }
}

const targets: Readonly<Record<TargetName, new () => Module>> = {
  relu: ReLU,
  silu: SiLU,
  gelu: GELU,
  sigmoid: Sigmoid,
  tanh: Tanh,
  softplus: Softplus,
};

/** B before calibration; any positive number would do, since the warm-up uses the targets. */
const PROVISIONAL_BOUND = 10;

/**
 * What makes the activations of a network: a new one at every call, for a place of its own.
 *
 * @throws ArgumentError if the target is unknown
 */
export function activationFactory({ target, polynomial }: MethodSpec): () => Module {
  targetFunction(target as TargetName);
  const name = target as TargetName;
  if (!polynomial) return () => new targets[name]();
  const { degree, bound, alpha, method, samples, basis, learnable, outside, penalty } = polynomial;
  const options = { target: name, degree, alpha, method, basis, learnable, outside, penalty };
  const b = bound.kind === 'fixed' ? bound.bound : PROVISIONAL_BOUND;
  return () => new PolynomialActivation({ ...options, bound: b, ...(samples !== null && { samples }) });
}
