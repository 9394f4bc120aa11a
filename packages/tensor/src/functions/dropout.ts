import { apply } from '../apply.js';
import { ArgumentError } from '../errors.js';
import { operators } from '../operators/index.js';
import { type Generator, randomStream } from '../random.js';
import type { Tensor } from '../tensor.js';

/**
 * A random mask like x: 0 with the given probability, 1/(1 − probability) otherwise, so that x·mask keeps its mean
 * (Srivastava et al., JMLR 15, 2014).
 *
 * @throws ArgumentError where the probability is not in [0, 1)
 */
export function dropoutMask(x: Tensor, probability: number, generator: Generator = randomStream('dropout')): Tensor {
  if (!(probability >= 0 && probability < 1)) {
    throw new ArgumentError(`dropout: the probability must be at least 0 and below 1, not ${probability}`);
  }
  const kept = 1 - probability;
  return apply(operators.bernoulli, [x], { probability: kept, scale: 1 / kept, generator })[0]!;
}
