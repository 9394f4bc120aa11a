import type { SparseMatrix } from './kernels.js';
import { type SparseEntry, sparseMatrix } from './sparse-matrix.js';

/** How a line is made longer or shorter: PyTorch's modes without the number of axes in their names. */
export type LineMode = 'nearest' | 'nearest-exact' | 'area' | 'linear' | 'cubic';

/** How one axis is resized. */
export interface LineResize {
  readonly length: number;
  readonly outLength: number;
  /** How many elements of the output there are for one of the input; the ratio of the lengths where it is not given. */
  readonly factor: number | undefined;
  /** Whether the first and the last elements are kept at the ends, rather than the outer edges of theirs. */
  readonly alignCorners: boolean;
}

/** The parameter of the cubic convolution kernel that PyTorch and OpenCV take. */
const A = -0.75;

/**
 * Keys' cubic convolution kernel (IEEE Trans. ASSP 29, 1981, equation 4) as polynomials of the distance, the coefficient
 * of the lowest power first: for distances up to 1, and from 1 to 2.
 */
export const cubicKernel = { near: [1, 0, -(A + 3), A + 2], far: [-4 * A, 8 * A, -5 * A, A] } as const;

function polynomialAt(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}

/** Where the element lies among those of the input. */
function sourceOf(j: number, { length, outLength, factor, alignCorners }: LineResize): number {
  if (alignCorners) return outLength > 1 ? (j * (length - 1)) / (outLength - 1) : 0;
  return (j + 0.5) * (factor === undefined ? length / outLength : 1 / factor) - 0.5;
}

/** Entries from numbers of elements that may lie beyond the ends, where the last element stands for them. */
function clamped(weights: readonly number[], first: number, length: number): SparseEntry[] {
  const entries = new Map<number, number>();
  weights.forEach((weight, i) => {
    const position = Math.min(Math.max(first + i, 0), length - 1);
    entries.set(position, (entries.get(position) ?? 0) + weight);
  });
  return [...entries].map(([position, weight]) => ({ position, weight }));
}

/** The element of the input that comes `offset` of an element of the output behind the beginning of element j. */
function nearest(j: number, offset: number, { length, outLength, factor }: LineResize): SparseEntry[] {
  // One division of integers, so that elements that begin together are found together.
  const source = factor === undefined ? ((j + offset) * length) / outLength : (j + offset) * (1 / factor);
  return [{ position: Math.min(Math.floor(source), length - 1), weight: 1 }];
}

/** The elements of a line that one of the output stands for, where all of them have a share. */
export interface LineBin {
  readonly start: number;
  readonly end: number;
}

/** The bin of element j: from ⌊j·length/outLength⌋ up to but not including ⌈(j + 1)·length/outLength⌉. */
export function binOf(j: number, length: number, outLength: number): LineBin {
  return { start: Math.floor((j * length) / outLength), end: Math.ceil(((j + 1) * length) / outLength) };
}

const rows: Readonly<Record<LineMode, (j: number, resize: LineResize) => SparseEntry[]>> = {
  nearest: (j, resize) => nearest(j, 0, resize),
  'nearest-exact': (j, resize) => nearest(j, 0.5, resize),
  area: (j, { length, outLength }) => {
    const { start, end } = binOf(j, length, outLength);
    return Array.from({ length: end - start }, (_, i) => ({ position: start + i, weight: 1 / (end - start) }));
  },
  linear: (j, resize) => {
    const source = Math.max(sourceOf(j, resize), 0);
    const first = Math.floor(source);
    return clamped([1 - (source - first), source - first], first, resize.length);
  },
  cubic: (j, resize) => {
    const source = sourceOf(j, resize);
    const first = Math.floor(source);
    const t = source - first;
    const weights = [
      polynomialAt(cubicKernel.far, 1 + t),
      polynomialAt(cubicKernel.near, t),
      polynomialAt(cubicKernel.near, 1 - t),
      polynomialAt(cubicKernel.far, 2 - t),
    ];
    return clamped(weights, first - 1, resize.length);
  },
};

/** The map from a line to the resized one; undefined where that is the same line. */
export function resizingMatrix(mode: LineMode, resize: LineResize): SparseMatrix | undefined {
  const entries = Array.from({ length: resize.outLength }, (_, j) => rows[mode](j, resize));
  const matrix = sparseMatrix(resize.length, entries);
  const isSame = matrix.rows === matrix.columns && matrix.positions.length === matrix.rows;
  if (isSame && matrix.positions.every((position, j) => position === j && matrix.weights[j] === 1)) return undefined;
  return matrix;
}
