import { ArgumentError, GradientError, type Module, type Tensor } from '@pnn/nn';
import { polynomialActivations } from '../activation/polynomial-activations.js';

/**
 * Σ_i λ_i · (mean penalty of the inputs of activation i in the last forward), with λ_i the same for all or one for each:
 * to be added to the loss (arXiv 2505.11589, the boundary loss). An activation that is used in several places counts
 * with its last inputs alone: give every place one of its own.
 *
 * @throws ArgumentError where the network has no polynomial activation, or not as many as there are λ
 * @throws GradientError where no forward was made before
 */
export function boundaryLoss(network: Module, options: { readonly lambda: number | readonly number[] }): Tensor {
  const activations = polynomialActivations(network);
  const { lambda } = options;
  if (activations.length === 0) throw new ArgumentError('boundaryLoss: the network has no polynomial activation');
  if (typeof lambda !== 'number' && lambda.length !== activations.length) {
    throw new ArgumentError(`boundaryLoss: ${lambda.length} values of lambda for ${activations.length} activations`);
  }
  return activations
    .map(([name, activation], i) => {
      if (!activation.penalty || activation.penalty.disposed) {
        throw new GradientError(
          `boundaryLoss: ${name || 'the activation'} has no penalty: call forward before, in the same scope`,
        );
      }
      return activation.penalty.mul(typeof lambda === 'number' ? lambda : lambda[i]!);
    })
    .reduce((sum, each) => sum.add(each));
}
