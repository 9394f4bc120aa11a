import type { Kernels, SparseMatrix } from '../../../kernels.js';
import { sizeOf } from '../../../shape.js';
import type { Executor } from '../executor.js';
import { kernelSource, ravelIndex, unravelIndex } from '../source.js';

/** Entries of every row side by side, with −1 where a row has fewer than the longest. */
function table({ rows, starts, positions, weights }: SparseMatrix, width: number) {
  const places = new Float32Array(rows * width).fill(-1);
  const factors = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let entry = starts[row]!, at = row * width; entry < starts[row + 1]!; entry++, at++) {
      places[at] = positions[entry]!;
      factors[at] = weights[entry]!;
    }
  }
  return { places, factors };
}

function source(outer: number, inner: number, { rows, columns }: SparseMatrix, width: number): string {
  const { statements, at } = unravelIndex('this.thread.x', [outer, rows, inner], 'i');
  const [line, row, column] = at as [string, string, string];
  return kernelSource(
    ['x', 'places', 'factors'],
    `${statements}
const entries = ${ravelIndex([row], [width])};
let sum = 0;
for (let e = 0; e < ${width}; e++) {
  const place = places[entries + e];
  if (place >= 0) {
    sum = sum + factors[entries + e] * x[${ravelIndex([line, 'place', column], [columns * inner, inner, 1])}];
  }
}
return sum;`,
  );
}

/** Every output gathers the elements that its row of the matrix names. */
export function sparseKernels(executor: Executor): Pick<Kernels, 'sparseMatmul'> {
  return {
    sparseMatmul(x, out, axis, matrix) {
      const width = matrix.starts.reduce(
        (most, start, row) => Math.max(most, start - (matrix.starts[row - 1] ?? 0)),
        0,
      );
      if (width === 0 || out.size === 0) {
        executor.fill(out, 0);
        return;
      }
      const { places, factors } = table(matrix, width);
      executor.withTemporary(places.length, (first) =>
        executor.withTemporary(factors.length, (second) => {
          executor.memory.write(first, places);
          executor.memory.write(second, factors);
          const [outer, inner] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis + 1))];
          executor.launch(out, source(outer, inner, matrix, width), x, first, second);
        }),
      );
    },
  };
}
