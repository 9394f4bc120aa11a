import { noGrad } from '@pnn/autograd';
import { ArgumentError, scope, type Tensor } from '@pnn/tensor';
import { BatchNorm } from './layers/batch-norm.js';
import type { Module } from './module.js';

/**
 * Takes the running statistics of every BatchNorm anew: the plain averages over these batches, with the weights as they are.
 * Weights that did not come from the last steps need it, such as an average of them: what was tracked belongs to the weights
 * of those steps. Layers in evaluation mode keep their statistics.
 *
 * Source: Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization" (arXiv 1803.05407, section
 * 3.2); `torch.optim.swa_utils.update_bn`.
 *
 * @param network in training mode
 * @param batches inputs of training samples in random order; they are not disposed of
 * @throws ArgumentError where the network is in evaluation mode or there are no batches; nothing is changed then
 */
export function updateBatchNorm(network: Module, batches: Iterable<Tensor>): void {
  if (!network.training) {
    throw new ArgumentError('updateBatchNorm: the network is in evaluation mode: call train() first');
  }
  const layers: BatchNorm[] = [];
  for (const [, module] of network.namedModules()) {
    if (module instanceof BatchNorm && module.training) layers.push(module);
  }
  const momenta = layers.map(({ momentum }) => momentum);
  let count = 0;
  try {
    for (const inputs of batches) {
      if (count++ === 0) {
        for (const layer of layers) {
          layer.resetRunningStatistics();
          layer.momentum = null;
        }
      }
      scope(() => noGrad(() => void network.forward(inputs)));
    }
  } finally {
    for (const [i, layer] of layers.entries()) layer.momentum = momenta[i]!;
  }
  if (count === 0) throw new ArgumentError('updateBatchNorm: there are no batches');
}
