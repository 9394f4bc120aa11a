import type { TypedArray } from '../../../dtype.js';
import type { Kernels, Operand, ReductionLayout } from '../../../kernels.js';
import { histogramEdges } from '../../histogram-edges.js';
import { values } from '../../host/host.js';
import { PositionSorter } from './sort.js';

/** Folds the middle of [outer, length, inner] in double precision, one row of `inner` accumulators at a time. */
function fold(initial: number, combine: (accumulated: number, value: number) => number) {
  return (x: Operand, out: Operand, { outer, length, inner }: ReductionLayout): void => {
    const source = values(x);
    const target = values(out);
    const accumulated = new Float64Array(inner);
    for (let o = 0; o < outer; o++) {
      accumulated.fill(initial);
      let position = o * length * inner;
      for (let l = 0; l < length; l++) {
        for (let i = 0; i < inner; i++) accumulated[i] = combine(accumulated[i]!, source[position++]!);
      }
      for (let i = 0; i < inner; i++) target[o * inner + i] = accumulated[i]!;
    }
  };
}

function argFold(beats: (value: number, best: number) => boolean) {
  return (x: Operand, out: Operand, { outer, length, inner }: ReductionLayout): void => {
    const source = values(x);
    const target = values(out);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const start = o * length * inner + i;
        let best = source[start]!;
        let bestIndex = 0;
        for (let l = 1; l < length && !Number.isNaN(best); l++) {
          const value = source[start + l * inner]!;
          if (beats(value, best) || Number.isNaN(value)) {
            best = value;
            bestIndex = l;
          }
        }
        target[o * inner + i] = bestIndex;
      }
    }
  };
}

/**
 * Counts the values in equal bins from low to high: a bin has its lower edge and not its upper one. Values beyond count in
 * the bins at the ends, NaN in none. As in NumPy, the quotient is a first guess, which may have been rounded over an edge;
 * the edges, rounded to the type of the values, decide.
 */
export function countInBins(source: TypedArray, counts: TypedArray, low: number, high: number): void {
  const bins = counts.length;
  const edges = histogramEdges(bins, low, high, source instanceof Float32Array ? Math.fround : (edge) => edge);
  counts.fill(0);
  for (let i = 0; i < source.length; i++) {
    const value = source[i]!;
    if (Number.isNaN(value)) continue;
    const guess = Math.floor(((value - low) / (high - low)) * bins);
    let bin = Math.max(0, Math.min(bins - 1, guess));
    while (bin > 0 && value < edges[bin]!) bin--;
    while (bin < bins - 1 && value >= edges[bin + 1]!) bin++;
    counts[bin]!++;
  }
}

/** So many positions are found by insertion, which takes count·length steps at worst. */
const MOST_INSERTED = 16;

export const reduction: Pick<Kernels, 'reduction' | 'argReduction' | 'topk' | 'histogram'> = {
  reduction: {
    sum: fold(0, (sum, value) => sum + value),
    max: fold(Number.NEGATIVE_INFINITY, Math.max),
    min: fold(Number.POSITIVE_INFINITY, Math.min),
  },
  argReduction: {
    argmax: argFold((value, best) => value > best),
    argmin: argFold((value, best) => value < best),
  },
  topk(x, indices, largest) {
    const source = values(x);
    const target = values(indices);
    const length = x.shape.at(-1)!;
    const count = indices.shape.at(-1)!;
    const rows = length === 0 ? 0 : x.size / length;
    const sorter = new PositionSorter(length);
    for (let row = 0; row < rows; row++) {
      const start = row * length;
      const order =
        count <= MOST_INSERTED && count < length
          ? sorter.first(source, start, count, largest)
          : sorter.sort(source, start, largest);
      for (let k = 0; k < count; k++) target[row * count + k] = order[k]!;
    }
  },
  histogram: (x, counts, low, high) => countInBins(values(x), values(counts), low, high),
};
