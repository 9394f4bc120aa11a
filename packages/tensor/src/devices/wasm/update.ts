import type { Kernels } from '../../kernels.js';
import { reference } from '../reference/index.js';
import { addressOf, type Executor } from './executor.js';

/** Steps of optimisers for float32; `reference` has the other types. */
export function updateKernels(executor: Executor): Pick<Kernels, 'sgd' | 'adam'> {
  return {
    sgd(parameter, gradient, velocity, settings) {
      if (parameter.dtype !== 'float32') {
        reference.kernels.sgd(parameter, gradient, velocity, settings);
        return;
      }
      executor.run('sgd', [
        addressOf(parameter),
        addressOf(gradient),
        velocity ? addressOf(velocity) : 0,
        parameter.size,
        settings.learningRate,
        settings.momentum,
        1 - settings.dampening,
        settings.weightDecay,
        Number(settings.nesterov),
        Number(settings.first),
      ]);
    },
    adam(parameter, gradient, moment1, moment2, settings) {
      if (parameter.dtype !== 'float32') {
        reference.kernels.adam(parameter, gradient, moment1, moment2, settings);
        return;
      }
      const { learningRate, beta1, beta2, epsilon, weightDecay, decoupled, step } = settings;
      executor.run('adam', [
        ...[parameter, gradient, moment1, moment2].map(addressOf),
        parameter.size,
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        learningRate / (1 - beta1 ** step),
        1 / (1 - beta2 ** step),
        epsilon,
        decoupled ? 1 - learningRate * weightDecay : 1,
        decoupled ? 0 : weightDecay,
      ]);
    },
  };
}
