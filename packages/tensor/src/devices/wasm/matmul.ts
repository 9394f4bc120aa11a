import type { Kernels } from '../../kernels.js';
import { linearMemory } from '../../memory.js';
import { sizeOf } from '../../shape.js';
import { forEachRow } from '../reference/elementwise.js';
import { reference } from '../reference/index.js';
import { addressOf, type Executor } from './executor.js';
import { Workspace } from './workspace.js';

export function matrixKernels(executor: Executor): Pick<Kernels, 'matmul'> {
  const table = new Workspace();
  return {
    matmul(a, b, out, layout) {
      if (out.dtype !== 'float32') return reference.kernels.matmul(a, b, out, layout);
      const { m, k, n, transposeA, transposeB, batch, aStrides, bStrides } = layout;
      const matrices = sizeOf(batch);
      const offsets = table.reserve(Math.max(1, matrices) * 8);
      const entries = linearMemory.view(offsets, 'int32');
      forEachRow(
        [...batch, 1],
        [
          [...aStrides, 0],
          [...bStrides, 0],
        ],
        (index, [aMatrix, bMatrix]) => {
          entries[2 * index] = aMatrix! * m * k * 4;
          entries[2 * index + 1] = bMatrix! * k * n * 4;
        },
      );
      executor.run('matmul', [
        addressOf(a),
        addressOf(b),
        addressOf(out),
        m,
        k,
        n,
        Number(transposeA),
        Number(transposeB),
        matrices,
        offsets.pointer,
      ]);
    },
  };
}
