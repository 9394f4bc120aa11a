import type { TypedArray } from '../../../dtype.js';
import type { Kernels, ReductionLayout } from '../../../kernels.js';
import { values } from '../../host/host.js';

/** One step of a scan in double precision: for a row of numbers, or for all of a line, which is a loop of its own. */
interface Scan {
  /** What the first place has. */
  readonly start: TypedArray;
  /** Makes the row that begins at a place from the row before it. */
  advance(row: Float64Array, first: number): void;
  /** Goes from the place after `first` to before `end`. */
  line(target: TypedArray, first: number, end: number, step: number): void;
}

function sums(terms: TypedArray): Scan {
  return {
    start: terms,
    advance: (row, first) => {
      for (let i = 0; i < row.length; i++) row[i]! += terms[first + i]!;
    },
    line: (target, first, end, step) => {
      let sum = terms[first]!;
      for (let i = first + step; i !== end; i += step) {
        sum += terms[i]!;
        target[i] = sum;
      }
    },
  };
}

function recurrence(factors: TypedArray, terms: TypedArray): Scan {
  return {
    start: terms,
    advance: (row, first) => {
      for (let i = 0; i < row.length; i++) row[i] = factors[first + i]! * row[i]! + terms[first + i]!;
    },
    line: (target, first, end, step) => {
      let y = terms[first]!;
      for (let i = first + step; i !== end; i += step) {
        y = factors[i]! * y + terms[i]!;
        target[i] = y;
      }
    },
  };
}

function products(factors: TypedArray, multiply: (a: number, b: number) => number): Scan {
  return {
    start: factors,
    advance: (row, first) => {
      for (let i = 0; i < row.length; i++) row[i] = multiply(row[i]!, factors[first + i]!);
    },
    line: (target, first, end, step) => {
      let product = factors[first]!;
      for (let i = first + step; i !== end; i += step) {
        product = multiply(product, factors[i]!);
        target[i] = product;
      }
    },
  };
}

/** Goes along the middle axis of [outer, length, inner]. */
function walk(target: TypedArray, { outer, length, inner }: ReductionLayout, reverse: boolean, scan: Scan): void {
  if (length === 0) return;
  const row = new Float64Array(inner);
  for (let o = 0; o < outer; o++) {
    const start = (o * length + (reverse ? length - 1 : 0)) * inner;
    const step = reverse ? -inner : inner;
    for (let i = 0; i < inner; i++) {
      row[i] = scan.start[start + i]!;
      target[start + i] = row[i]!;
    }
    if (inner === 1) {
      scan.line(target, start, start + length * step, step);
      continue;
    }
    for (let l = 1; l < length; l++) {
      const first = start + l * step;
      scan.advance(row, first);
      for (let i = 0; i < inner; i++) target[first + i] = row[i]!;
    }
  }
}

export const scan: Pick<Kernels, 'scan'> = {
  scan(factors, terms, out, layout, reverse) {
    const a = factors && values(factors);
    const b = terms && values(terms);
    const multiply = out.dtype === 'int32' ? Math.imul : (x: number, y: number) => x * y;
    walk(values(out), layout, reverse, a && b ? recurrence(a, b) : b ? sums(b) : products(a!, multiply));
  },
};
