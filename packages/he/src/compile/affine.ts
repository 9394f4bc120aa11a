import { SparseMatrix } from './sparse-matrix.js';

/** A vector that is known only when the network runs: its input, or what a polynomial gives. */
export interface Source {
  readonly size: number;
}

/** Sums of products of matrices with sources, and a constant vector. */
export interface Affine {
  readonly size: number;
  readonly terms: ReadonlyMap<Source, SparseMatrix>;
  readonly constant: Float64Array;
}

/** The source itself. */
export function affineOf(source: Source): Affine {
  return scaledSource(source, new Float64Array(source.size).fill(1), new Float64Array(source.size));
}

/** The elements of a source, each times a factor, plus a constant. */
export function scaledSource(source: Source, factors: Float64Array, constant: Float64Array): Affine {
  return { size: source.size, terms: new Map([[source, SparseMatrix.diagonal(factors)]]), constant };
}

/** a + factor·b. */
export function sumOf(a: Affine, b: Affine, factor = 1): Affine {
  const terms = new Map(a.terms);
  const factors = new Float64Array(b.size).fill(factor);
  for (const [source, matrix] of b.terms) {
    const own = terms.get(source);
    terms.set(source, own ? own.plus(matrix, factor) : matrix.scaledRows(factors));
  }
  return { size: a.size, terms, constant: a.constant.map((value, i) => value + factor * b.constant[i]!) };
}

/** Every element times a number of its own. */
export function scaled(x: Affine, factors: Float64Array): Affine {
  const terms = new Map([...x.terms].map(([source, matrix]) => [source, matrix.scaledRows(factors)]));
  return { size: x.size, terms, constant: x.constant.map((value, i) => value * factors[i]!) };
}

/** Every element plus a number of its own. */
export function shifted(x: Affine, by: Float64Array): Affine {
  return { ...x, constant: x.constant.map((value, i) => value + by[i]!) };
}

/** Element j is element `from[j]` of x, or `missing` where that is −1. */
export function gathered(x: Affine, from: Int32Array, missing = 0): Affine {
  const terms = new Map([...x.terms].map(([source, matrix]) => [source, matrix.gatheredRows(from)]));
  const constant = Float64Array.from(from, (place) => (place < 0 ? missing : x.constant[place]!));
  return { size: from.length, terms, constant };
}

/** A matrix times x. */
export function transformed(matrix: SparseMatrix, x: Affine): Affine {
  const terms = new Map([...x.terms].map(([source, own]) => [source, matrix.times(own)]));
  const constant = new Float64Array(matrix.rows);
  matrix.addProduct(x.constant, constant);
  return { size: matrix.rows, terms, constant };
}

/** The elements, given those of all sources. */
export function evaluateAffine(x: Affine, values: ReadonlyMap<Source, ArrayLike<number>>): Float64Array {
  const result = x.constant.slice();
  for (const [source, matrix] of x.terms) matrix.addProduct(values.get(source)!, result);
  return result;
}
