import { PlanError } from '../errors.js';

/** Entries that a matrix may have: 12 bytes each. */
const MAX_ENTRIES = 40_000_000;

/**
 * A matrix by rows: those of row j are `values[e]` in column `columnOf[e]`, for e from `starts[j]` to before
 * `starts[j + 1]`. Which entries there are follows from the architecture alone: a weight of 0 is an entry, too.
 */
export class SparseMatrix {
  constructor(
    readonly rows: number,
    readonly columns: number,
    readonly starts: Int32Array,
    readonly columnOf: Int32Array,
    readonly values: Float64Array,
  ) {}

  static diagonal(values: Float64Array): SparseMatrix {
    const size = values.length;
    const places = Int32Array.from({ length: size + 1 }, (_, i) => i);
    return new SparseMatrix(size, size, places, places.slice(0, size), values);
  }

  /**
   * The matrix whose rows are given by a function that calls `entry` for each entry; entries of one column add up.
   *
   * @throws PlanError if it is too large
   */
  static build(
    rows: number,
    columns: number,
    row: (index: number, entry: (column: number, value: number) => void) => void,
  ): SparseMatrix {
    const starts = new Int32Array(rows + 1);
    let columnOf = new Int32Array(1024);
    let values = new Float64Array(1024);
    /** Where the entry of a column is, if the present row has one. */
    const place = new Int32Array(columns).fill(-1);
    let count = 0;
    const entry = (column: number, value: number) => {
      const known = place[column]!;
      if (known >= starts[current]!) {
        values[known] = values[known]! + value;
        return;
      }
      if (count === columnOf.length) {
        if (count >= MAX_ENTRIES) {
          throw new PlanError(
            `a linear map of ${rows} x ${columns} has more than ${MAX_ENTRIES} entries: take smaller images, or put an ` +
              'activation between layers that are merged now',
          );
        }
        const length = Math.min(MAX_ENTRIES, 2 * count);
        const [longer, longerValues] = [new Int32Array(length), new Float64Array(length)];
        longer.set(columnOf);
        longerValues.set(values);
        [columnOf, values] = [longer, longerValues];
      }
      place[column] = count;
      columnOf[count] = column;
      values[count++] = value;
    };
    let current = 0;
    for (; current < rows; current++) {
      starts[current] = count;
      row(current, entry);
    }
    starts[rows] = count;
    return new SparseMatrix(rows, columns, starts, columnOf.slice(0, count), values.slice(0, count));
  }

  get entries(): number {
    return this.values.length;
  }

  /** Whether every row has an entry in every column. */
  get dense(): boolean {
    return this.entries === this.rows * this.columns;
  }

  /** Calls `visit` for the entries of a row. */
  forRow(row: number, visit: (column: number, value: number) => void): void {
    for (let e = this.starts[row]!; e < this.starts[row + 1]!; e++) visit(this.columnOf[e]!, this.values[e]!);
  }

  /** The product of this matrix and another, as rows of the first one say. */
  times(right: SparseMatrix): SparseMatrix {
    return SparseMatrix.build(this.rows, right.columns, (row, entry) => {
      this.forRow(row, (middle, a) => right.forRow(middle, (column, b) => entry(column, a * b)));
    });
  }

  plus(other: SparseMatrix, factor = 1): SparseMatrix {
    return SparseMatrix.build(this.rows, this.columns, (row, entry) => {
      this.forRow(row, entry);
      other.forRow(row, (column, value) => entry(column, factor * value));
    });
  }

  scaledRows(factors: Float64Array): SparseMatrix {
    const values = this.values.slice();
    for (let row = 0; row < this.rows; row++) {
      for (let e = this.starts[row]!; e < this.starts[row + 1]!; e++) values[e] = values[e]! * factors[row]!;
    }
    return new SparseMatrix(this.rows, this.columns, this.starts, this.columnOf, values);
  }

  /** The matrix of which row j is row `from[j]` of this one, empty where that is −1. */
  gatheredRows(from: Int32Array): SparseMatrix {
    return SparseMatrix.build(from.length, this.columns, (row, entry) => {
      if (from[row]! >= 0) this.forRow(from[row]!, entry);
    });
  }

  /** Adds the product with a vector to `to`. */
  addProduct(vector: ArrayLike<number>, to: Float64Array): void {
    for (let row = 0; row < this.rows; row++) {
      let sum = to[row]!;
      for (let e = this.starts[row]!; e < this.starts[row + 1]!; e++)
        sum += this.values[e]! * vector[this.columnOf[e]!]!;
      to[row] = sum;
    }
  }
}
