import type { Kernels } from '../../kernels.js';
import { linearMemory } from '../../memory.js';
import { values } from '../host.js';
import { reference } from '../reference/index.js';
import { addressOf, type Executor } from './executor.js';
import { Workspace } from './workspace.js';

/** Address and size of a tensor: see kernels/norm.ts. */
const ENTRY = 2;

/** The norm √Σx² of tensors of float32, summed in double precision; `reference` has the other types. */
export function normKernels(executor: Executor): Pick<Kernels, 'euclideanNorm'> {
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
  };
}
