import { noGrad } from '@pnn/autograd';
import { ArgumentError, scope, type Tensor } from '@pnn/tensor';
import { BatchNorm } from './layers/batch-norm.js';
import type { Module } from './module.js';

/** Takes the statistics of one batch after the other, from the first on instead of those that were there. */
class Averaging {
  readonly #network: Module;
  readonly #layers: readonly BatchNorm[];
  readonly #momenta: readonly (number | null)[];
  #count = 0;

  constructor(network: Module) {
    if (!network.training) {
      throw new ArgumentError('updateBatchNorm: the network is in evaluation mode: call train() first');
    }
    this.#network = network;
    this.#layers = Array.from(network.namedModules(), ([, module]) => module).filter(
      (module): module is BatchNorm => module instanceof BatchNorm && module.training,
    );
    this.#momenta = this.#layers.map(({ momentum }) => momentum);
  }

  add(inputs: Tensor): void {
    if (this.#count++ === 0) {
      for (const layer of this.#layers) {
        layer.resetRunningStatistics();
        layer.momentum = null;
      }
    }
    scope(() => noGrad(() => void this.#network.forward(inputs)));
  }

  restoreMomenta(): void {
    for (const [i, layer] of this.#layers.entries()) layer.momentum = this.#momenta[i]!;
  }

  checkCount(): void {
    if (this.#count === 0) throw new ArgumentError('updateBatchNorm: there are no batches');
  }
}

async function updateAsynchronously(averaging: Averaging, batches: AsyncIterable<Tensor>): Promise<void> {
  try {
    for await (const inputs of batches) averaging.add(inputs);
  } finally {
    averaging.restoreMomenta();
  }
  averaging.checkCount();
}

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
export function updateBatchNorm(network: Module, batches: Iterable<Tensor>): void;
/**
 * The same where batches come one by one as promises, so that a program can do something else between them.
 *
 * @throws ArgumentError where the network is in evaluation mode, at once, or by the promise where there are no batches
 */
export function updateBatchNorm(network: Module, batches: AsyncIterable<Tensor>): Promise<void>;
export function updateBatchNorm(
  network: Module,
  batches: Iterable<Tensor> | AsyncIterable<Tensor>,
): void | Promise<void> {
  const averaging = new Averaging(network);
  if (Symbol.asyncIterator in batches) return updateAsynchronously(averaging, batches);
  try {
    for (const inputs of batches) averaging.add(inputs);
  } finally {
    averaging.restoreMomenta();
  }
  averaging.checkCount();
}
