import type { Kernels, Operand } from '../../../kernels.js';
import { sizeOf } from '../../../shape.js';
import { type Executor, scalarType } from '../executor.js';
import { kernel } from '../pipelines.js';
import type { ScalarType } from '../wgsl/program.js';

const GROUP = 64;

/** An element of out goes through its row of the matrix. */
const multiplying = kernel('sparseMatmul', ({ type }: { type: ScalarType }) => ({
  reads: { x: type, starts: 'i32', positions: 'i32', weights: type },
  writes: { out: type },
  parameters: { count: 'u32', rows: 'u32', columns: 'u32', inner: 'u32' },
  workgroupSize: GROUP,
  body: `if (index >= p.count) { return; }
let row = index / p.inner % p.rows;
let first = index / p.inner / p.rows * p.columns * p.inner + index % p.inner;
var sum = ${type}(0);
let end = starts[row + 1u];
for (var e = starts[row]; e < end; e++) { sum += weights[e] * x[first + u32(positions[e]) * p.inner]; }
out[index] = sum;`,
}));

/** Products with matrices most of whose elements are 0. */
export function sparseKernels(executor: Executor): Pick<Kernels, 'sparseMatmul'> {
  const withStored = (dtype: Operand['dtype'], numbers: readonly number[], body: (stored: Operand) => void): void =>
    executor.withTemporary(dtype, Math.max(1, numbers.length), (stored) => {
      executor.memory.write({ ...stored, size: numbers.length, shape: [numbers.length] }, numbers);
      body(stored);
    });
  return {
    sparseMatmul(x, out, axis, { rows, columns, starts, positions, weights }) {
      if (out.size === 0) return;
      const parameters = { count: out.size, rows, columns, inner: sizeOf(x.shape.slice(axis + 1)) };
      const groups = Math.ceil(out.size / GROUP);
      const operations = (2 * out.size * positions.length) / rows;
      withStored('int32', starts, (from) =>
        withStored('int32', positions, (at) =>
          withStored(x.dtype, weights, (by) =>
            executor.run(
              multiplying,
              { type: scalarType(x) },
              { reads: [x, from, at, by], writes: [out], parameters, groups, operations },
            ),
          ),
        ),
      );
    },
  };
}
