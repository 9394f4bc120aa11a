import type { Kernels, ReductionName } from '../../../kernels.js';
import { values } from '../../host/host.js';
import { linearMemory } from '../../host/linear-memory.js';
import { reference } from '../../reference/index.js';
import { addressOf, type Executor } from '../executor.js';
import { Workspace } from '../workspace.js';

/** The operations in the order of kernels/reduction.ts. */
const operations: readonly ReductionName[] = ['sum', 'max', 'min'];

const combinations: Record<ReductionName, (a: number, b: number) => number> = {
  sum: (a, b) => a + b,
  max: Math.max,
  min: Math.min,
};

/** Elements of a block, at most, and how many of them may be neighbors that are reduced apart. */
const BLOCK = 16384;
const COLUMNS = 256;

/** Sums and extremes of float32, sums in double precision; `reference` has the other types. */
export function reductionKernels(executor: Executor): Pick<Kernels, 'reduction'> {
  const partials = new Workspace();

  function reduction(name: ReductionName): Kernels['reduction'][ReductionName] {
    const combine = combinations[name];
    return (x, out, layout) => {
      const { outer, length, inner } = layout;
      if (out.dtype !== 'float32' || x.size === 0) {
        reference.kernels.reduction[name](x, out, layout);
        return;
      }
      const columns = Math.min(inner, COLUMNS);
      const pieceLength = Math.floor(BLOCK / columns);
      const pieces = Math.ceil(length / pieceLength);
      const outerPerBlock = inner > COLUMNS ? 1 : Math.max(1, Math.floor(BLOCK / (length * inner)));
      const run = (pointer: number) => {
        const operation = operations.indexOf(name);
        executor.run('reduce', [
          ...[addressOf(x), pointer, operation, outer, length, inner],
          ...[pieceLength, columns, outerPerBlock],
        ]);
      };
      if (pieces === 1) {
        run(addressOf(out));
        return;
      }
      const buffer = partials.reserve(outer * pieces * inner * Float64Array.BYTES_PER_ELEMENT);
      run(buffer.pointer);
      const parts = linearMemory.view(buffer, 'float64');
      const target = values(out);
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner; i++) {
          let position = o * pieces * inner + i;
          let result = parts[position]!;
          for (let piece = 1; piece < pieces; piece++) {
            position += inner;
            result = combine(result, parts[position]!);
          }
          target[o * inner + i] = result;
        }
      }
    };
  }

  return { reduction: { sum: reduction('sum'), max: reduction('max'), min: reduction('min') } };
}
