import type { Kernels } from '../../kernels.js';
import { linearMemory } from '../../memory.js';
import { values } from '../host.js';
import { reference } from '../reference/index.js';
import { addressOf, type Executor } from './executor.js';
import { Workspace } from './workspace.js';

/** Address, size and first block of a tensor: see kernels/norm.ts. */
const ENTRY = 3;
/** Elements of a block. */
const BLOCK = 32768;

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
      let blocks = 0;
      operands.forEach((operand, i) => {
        rows[ENTRY * i] = addressOf(operand);
        rows[ENTRY * i + 1] = operand.size;
        rows[ENTRY * i + 2] = blocks;
        blocks += Math.ceil(operand.size / BLOCK);
      });
      const sums = partials.reserve(Math.max(1, blocks) * Float64Array.BYTES_PER_ELEMENT);
      executor.run('euclideanNorm', [entries.pointer, operands.length, blocks, sums.pointer]);
      const parts = linearMemory.view(sums, 'float64');
      let total = 0;
      for (let block = 0; block < blocks; block++) total += parts[block]!;
      values(out)[0] = Math.sqrt(total);
    },
  };
}
