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
      const fields = { table: entries.pointer, tensors: operands.length, partials: 0 };
      const sums = partials.reserve(executor.sharedBytes('euclideanNorm', fields));
      fields.partials = sums.pointer;
      executor.run('euclideanNorm', fields);
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
      executor.run('sgd', {
        parameter: addressOf(parameter),
        gradient: addressOf(gradient),
        velocity: velocity ? addressOf(velocity) : 0,
        size: parameter.size,
        rate: settings.learningRate,
        momentum: settings.momentum,
        share: 1 - settings.dampening,
        decay: settings.weightDecay,
        nesterov: Number(settings.nesterov),
        first: Number(settings.first),
      });
    },
    adam(parameter, gradient, moment1, moment2, settings) {
      if (parameter.dtype !== 'float32') {
        reference.kernels.adam(parameter, gradient, moment1, moment2, settings);
        return;
      }
      const { learningRate, beta1, beta2, epsilon, weightDecay, decoupled, step } = settings;
      executor.run('adam', {
        parameter: addressOf(parameter),
        gradient: addressOf(gradient),
        moment1: addressOf(moment1),
        moment2: addressOf(moment2),
        size: parameter.size,
        beta1,
        rest1: 1 - beta1,
        beta2,
        rest2: 1 - beta2,
        rate: learningRate / (1 - beta1 ** step),
        correction: 1 / (1 - beta2 ** step),
        epsilon,
        shrink: decoupled ? 1 - learningRate * weightDecay : 1,
        pull: decoupled ? 0 : weightDecay,
      });
    },
  };
}
