import { type IntegerMatrix, MAX_WEIGHT } from '../ckks/evaluator.js';
import type { Affine, Source } from '../compile/affine.js';
import type { At } from '../plan/activation.js';

/** Rows of an affine map that have entries in the same columns. */
export interface RowGroup {
  readonly rows: Int32Array;
  /** Counted through all sources of the map. */
  readonly columns: Int32Array;
  /** By row, then by column. */
  readonly values: Float64Array;
}

/** The same, ready to be computed. */
export interface WeightGroup {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly matrix: IntegerMatrix;
}

/** An affine map of ciphertexts that have one element of all images each. */
export interface BatchMap {
  readonly sources: readonly Source[];
  readonly groups: readonly WeightGroup[];
  readonly constant: Float64Array;
  /** Where the results are, after the rescale. */
  readonly at: At;
}

/** Rows that are computed at once: more would not share more work, and their sums are all in memory at a time. */
const MAX_ROWS = 64;

/** Rows by the columns in which they have entries: which there are follows from the architecture alone, not from weights. */
export function groupsOf(affine: Affine): RowGroup[] {
  const byColumns = new Map<string, { readonly columns: Int32Array; readonly rows: number[] }>();
  const valuesOf: Float64Array[] = [];
  for (let row = 0; row < affine.size; row++) {
    const entries: [column: number, value: number][] = [];
    let first = 0;
    for (const [source, matrix] of affine.terms) {
      matrix.forRow(row, (column, value) => entries.push([first + column, value]));
      first += source.size;
    }
    // A window that sees nothing but padding: its sum is a constant, which is added to something encrypted.
    if (entries.length === 0) entries.push([0, 0]);
    entries.sort(([a], [b]) => a - b);
    valuesOf.push(Float64Array.from(entries, ([, value]) => value));
    const columns = Int32Array.from(entries, ([column]) => column);
    const key = columns.join();
    const own = byColumns.get(key);
    if (own) own.rows.push(row);
    else byColumns.set(key, { columns, rows: [row] });
  }
  const groups: RowGroup[] = [];
  for (const { columns, rows } of byColumns.values()) {
    for (let start = 0; start < rows.length; start += MAX_ROWS) {
      const own = rows.slice(start, start + MAX_ROWS);
      const values = new Float64Array(own.length * columns.length);
      for (const [i, row] of own.entries()) values.set(valuesOf[row]!, i * columns.length);
      groups.push({ rows: Int32Array.from(own), columns, values });
    }
  }
  return groups;
}

/**
 * The power of two that integers are multiplied by, so that the largest weight is below `MAX_WEIGHT`.
 *
 * @param scaleOf what weights of a source are multiplied by
 */
export function shiftOf(affine: Affine, scaleOf: (source: Source) => number): number {
  let largest = 0;
  for (const [source, { values }] of affine.terms) {
    const scale = scaleOf(source);
    for (const value of values) largest = Math.max(largest, Math.abs(value) * scale);
  }
  // One bit more than the logarithm says: rounding may lead to the next power of two.
  return Math.max(0, Math.ceil(Math.log2(largest / (MAX_WEIGHT - 1))));
}

/** An affine map whose results are `at` a level, with the weights as integers. */
export function batchMapOf(
  affine: Affine,
  groups: readonly RowGroup[],
  at: At,
  scaleOf: (source: Source) => number,
): BatchMap {
  const sources = [...affine.terms.keys()];
  const scales = sources.flatMap((source) => new Array<number>(source.size).fill(scaleOf(source)));
  const shift = shiftOf(affine, scaleOf);
  return {
    sources,
    constant: affine.constant,
    at,
    groups: groups.map(({ rows, columns, values }) => {
      const count = columns.length;
      const integers = Int32Array.from(values, (value, i) =>
        Math.round((value * scales[columns[i % count]!]!) / 2 ** shift),
      );
      // A sum of nothing would not be encrypted. The least weight is below the rounding of the others.
      for (let start = 0; start < integers.length; start += count) {
        if (integers.subarray(start, start + count).every((integer) => integer === 0)) integers[start] = 1;
      }
      return { rows, columns, matrix: { rows: rows.length, integers, shift } };
    }),
  };
}
