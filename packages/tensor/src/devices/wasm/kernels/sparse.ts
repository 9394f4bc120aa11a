import type { Kernels, SparseMatrix } from '../../../kernels.js';
import { sizeOf } from '../../../shape.js';
import { linearMemory } from '../../host/linear-memory.js';
import { reference } from '../../reference/index.js';
import { addressOf, type Executor } from '../executor.js';
import { Workspace } from '../workspace.js';

/** Puts the parts of the matrix one after the other into the workspace, and says where they begin. */
function place(workspace: Workspace, { starts, positions, weights }: SparseMatrix, inner: number) {
  const buffer = workspace.reserve((starts.length + 2 * positions.length) * 4);
  const integers = linearMemory.view(buffer, 'int32');
  const floats = linearMemory.view(buffer, 'float32');
  const [offsets, factors] = [starts.length, starts.length + positions.length];
  for (let row = 0; row < starts.length; row++) integers[row] = starts[row]!;
  for (let entry = 0; entry < positions.length; entry++) {
    integers[offsets + entry] = positions[entry]! * inner * 4;
    floats[factors + entry] = weights[entry]!;
  }
  return { starts: buffer.pointer, offsets: buffer.pointer + 4 * offsets, weights: buffer.pointer + 4 * factors };
}

/** Products with sparse matrices in float32; `reference` has the other types. */
export function sparseKernels(executor: Executor): Pick<Kernels, 'sparseMatmul'> {
  const workspace = new Workspace();
  return {
    sparseMatmul(x, out, axis, matrix) {
      if (out.dtype !== 'float32') return reference.kernels.sparseMatmul(x, out, axis, matrix);
      if (out.size === 0) return;
      const inner = sizeOf(x.shape.slice(axis + 1));
      executor.run('sparseMatmul', {
        x: addressOf(x),
        out: addressOf(out),
        ...place(workspace, matrix, inner),
        outer: sizeOf(x.shape.slice(0, axis)),
        rows: matrix.rows,
        columns: matrix.columns,
        inner,
      });
    },
  };
}
