import type { Kernels } from '../../../kernels.js';
import { sizeOf } from '../../../shape.js';
import { linearMemory } from '../../host/linear-memory.js';
import { reference } from '../../reference/index.js';
import { forEachRow } from '../../reference/kernels/elementwise.js';
import { addressOf, type Executor } from '../executor.js';
import { Workspace } from '../workspace.js';

/** Rows of the panels of a, columns of those of b: see kernels/gemm.ts. */
const ROWS = 4;
const COLUMNS = 8;
/** Products are made together as long as their packed factors need no more bytes. */
const PACKED_BYTES = 2 ** 24;

function packedBytes(m: number, k: number, n: number): number {
  return (Math.ceil(m / ROWS) * ROWS + Math.ceil(n / COLUMNS) * COLUMNS) * k * Float32Array.BYTES_PER_ELEMENT;
}

/** Products of matrices of float32; `reference` has the other types. */
export function matmulKernels(executor: Executor): Pick<Kernels, 'matmul'> {
  const table = new Workspace();
  const packed = new Workspace();
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
      const bytes = packedBytes(m, k, n);
      const together = Math.min(matrices, Math.max(1, Math.floor(PACKED_BYTES / Math.max(1, bytes))));
      const room = packed.reserve(Math.max(1, together) * bytes).pointer;
      for (let first = 0; first < matrices; first += together) {
        const fields = [
          addressOf(a),
          addressOf(b),
          addressOf(out) + first * m * n * 4,
          m,
          k,
          n,
          Number(transposeA),
          Number(transposeB),
          Math.min(together, matrices - first),
          offsets.pointer + first * 8,
          room,
        ];
        executor.run('matmulPack', fields);
        executor.run('matmul', fields);
      }
    },
  };
}
