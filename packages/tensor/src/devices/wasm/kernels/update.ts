import type { Kernels } from '../../../kernels.js';
import { values } from '../../host/host.js';
import { linearMemory } from '../../host/linear-memory.js';
import { reference } from '../../reference/index.js';
import { addressOf, type Executor } from '../executor.js';
import { Workspace } from '../workspace.js';

/** Address and size of a tensor: see kernels/update/norm.ts. */
const ENTRY = 2;

/** The norm √Σx² of tensors, summed in double precision, and steps of optimizers, for float32; `reference` has the other types. */
export function updateKernels(executor: Executor): Pick<Kernels, 'euclideanNorm' | 'sgd' | 'adam'> {
  const table = new Workspace();
  const partials = new Workspace();
  return {
    euclideanNorm(operands, out) {
      if (operands.some(({ dtype }) => dtype !== 'float32')) {
        reference.kernels.euclideanNorm(operands, out);
        return;
      }
      const entries = table.reserve(Math.max(1, operands.length) * ENTRY * Float64Array.BYTES_PER_ELEMENT);
      const rows = linearMemory.view(entries, 'float64');
      operands.forEach((operand, i) => {
        rows[ENTRY * i] = addressOf(operand);
        rows[ENTRY * i + 1] = operand.size;
      });
      const fields = [entries.pointer, operands.length];
      const sums = partials.reserve(executor.sharedBytes('euclideanNorm', fields));
      executor.run('euclideanNorm', [...fields, sums.pointer]);
      const parts = linearMemory.view(sums, 'float64');
      const blocks = executor.blocks('euclideanNorm', fields);
      let total = 0;
      for (let block = 0; block < blocks; block++) total += parts[block]!;
      values(out)[0] = Math.sqrt(total);
    },
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
