import { ShapeError } from '../errors.js';
import { binOf, type LineBin } from '../interpolation.js';
import { checkFloat } from '../operator.js';
import { formatShape, numbersOf, type Pair, type Triple } from '../shape.js';
import { type SparseEntry, sparseMatrix } from '../sparse-matrix.js';
import type { Tensor } from '../tensor.js';
import { windowedLayouts } from '../windows.js';
import { interpolate } from './interpolation.js';
import { averagePool1d, averagePool2d, averagePool3d, maxPool1d, maxPool2d, maxPool3d } from './pooling.js';
import { sparseMatmul } from './sparse.js';

function sizesOf(operation: string, x: Tensor, size: number | readonly number[], rank: number): readonly number[] {
  checkFloat(operation, x);
  if (x.rank !== rank + 2 || x.shape.slice(2).includes(0)) {
    throw new ShapeError(
      `${operation}: ${formatShape(x.shape)}: the input must be ${windowedLayouts[rank - 1]}, with elements along all axes`,
    );
  }
  return numbersOf(operation, 'size', size, rank, 1);
}

/** Where the lengths divide, bins are windows side by side. */
function adaptiveAverage(x: Tensor, sizes: readonly number[]): Tensor {
  const kernel = sizes.map((size, axis) => x.shape[2 + axis]! / size);
  if (!kernel.every(Number.isInteger)) return interpolate(x, { size: sizes, mode: 'area' });
  if (kernel.length === 1) return averagePool1d(x, kernel[0]!);
  return kernel.length === 2
    ? averagePool2d(x, kernel as [number, number])
    : averagePool3d(x, kernel as [number, number, number]);
}

/** The elements of the bin, and its last one again until there are as many as in the longest. */
function filled({ start, end }: LineBin, longest: number): SparseEntry[] {
  return Array.from({ length: longest }, (_, i) => ({ position: Math.min(start + i, end - 1), weight: 1 }));
}

/** Bins of unequal length, or that overlap, are laid out side by side first. */
function adaptiveMaximum(x: Tensor, sizes: readonly number[]): Tensor {
  let laid = x;
  const kernel = sizes.map((size, axis) => {
    const length = x.shape[2 + axis]!;
    if (length % size === 0) return length / size;
    const bins = Array.from({ length: size }, (_, j) => binOf(j, length, size));
    const longest = Math.max(...bins.map(({ start, end }) => end - start));
    const rows = bins.flatMap((bin) => filled(bin, longest).map((entry) => [entry]));
    laid = sparseMatmul(laid, 2 + axis, sparseMatrix(length, rows));
    return longest;
  });
  if (kernel.length === 1) return maxPool1d(laid, kernel[0]!);
  return kernel.length === 2
    ? maxPool2d(laid, kernel as [number, number])
    : maxPool3d(laid, kernel as [number, number, number]);
}

/**
 * The means of `size` bins of each line [N,C,L], bin j from ⌊j·L/size⌋ up to but not including ⌈(j + 1)·L/size⌉.
 *
 * @throws ShapeError where the input is no line with elements
 */
export function adaptiveAveragePool1d(x: Tensor, size: number): Tensor {
  return adaptiveAverage(x, sizesOf('adaptiveAveragePool1d', x, size, 1));
}

/** The means of bins of planes [N,C,H,W] as those of lines: [N,C,…size]. */
export function adaptiveAveragePool2d(x: Tensor, size: Pair): Tensor {
  return adaptiveAverage(x, sizesOf('adaptiveAveragePool2d', x, size, 2));
}

/** The means of bins of volumes [N,C,D,H,W] as those of lines: [N,C,…size]. */
export function adaptiveAveragePool3d(x: Tensor, size: Triple): Tensor {
  return adaptiveAverage(x, sizesOf('adaptiveAveragePool3d', x, size, 3));
}

/**
 * The largest elements of `size` bins of each line [N,C,L], bin j from ⌊j·L/size⌋ up to but not including ⌈(j + 1)·L/size⌉.
 *
 * @throws ShapeError where the input is no line with elements
 */
export function adaptiveMaxPool1d(x: Tensor, size: number): Tensor {
  return adaptiveMaximum(x, sizesOf('adaptiveMaxPool1d', x, size, 1));
}

/** The largest elements of bins of planes [N,C,H,W] as those of lines: [N,C,…size]. */
export function adaptiveMaxPool2d(x: Tensor, size: Pair): Tensor {
  return adaptiveMaximum(x, sizesOf('adaptiveMaxPool2d', x, size, 2));
}

/** The largest elements of bins of volumes [N,C,D,H,W] as those of lines: [N,C,…size]. */
export function adaptiveMaxPool3d(x: Tensor, size: Triple): Tensor {
  return adaptiveMaximum(x, sizesOf('adaptiveMaxPool3d', x, size, 3));
}
