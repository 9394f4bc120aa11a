import type { TypedArray } from '../../../dtype.js';

/** Rows and columns of the block that is kept in registers. */
const BLOCK = 4;

/** The number of elements that `packPanels` writes. */
export function panelSize(lines: number, depth: number): number {
  return Math.ceil(lines / BLOCK) * BLOCK * depth;
}

/**
 * Lays the lines of a matrix (rows of the left factor, columns of the right one) out in panels of four, element by
 * element along the depth, with zeros for the lines that the last panel lacks. Any transposition is a matter of strides.
 */
export function packPanels(
  out: Float64Array,
  source: TypedArray,
  offset: number,
  lines: number,
  depth: number,
  lineStride: number,
  depthStride: number,
): void {
  let target = 0;
  for (let line = 0; line < lines; line += BLOCK) {
    const present = Math.min(BLOCK, lines - line);
    for (let d = 0; d < depth; d++) {
      let position = offset + line * lineStride + d * depthStride;
      for (let l = 0; l < BLOCK; l++, position += lineStride) out[target++] = l < present ? source[position]! : 0;
    }
  }
}

const block = new Float64Array(BLOCK * BLOCK);

/** One 4×4 block of the product: sixteen sums that stay in registers over the whole depth. */
function multiplyBlock(depth: number, a: Float64Array, aStart: number, b: Float64Array, bStart: number): void {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c03 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c13 = 0;
  let c20 = 0;
  let c21 = 0;
  let c22 = 0;
  let c23 = 0;
  let c30 = 0;
  let c31 = 0;
  let c32 = 0;
  let c33 = 0;
  for (let d = 0, i = aStart, j = bStart; d < depth; d++, i += BLOCK, j += BLOCK) {
    const a0 = a[i]!;
    const a1 = a[i + 1]!;
    const a2 = a[i + 2]!;
    const a3 = a[i + 3]!;
    let right = b[j]!;
    c00 += a0 * right;
    c10 += a1 * right;
    c20 += a2 * right;
    c30 += a3 * right;
    right = b[j + 1]!;
    c01 += a0 * right;
    c11 += a1 * right;
    c21 += a2 * right;
    c31 += a3 * right;
    right = b[j + 2]!;
    c02 += a0 * right;
    c12 += a1 * right;
    c22 += a2 * right;
    c32 += a3 * right;
    right = b[j + 3]!;
    c03 += a0 * right;
    c13 += a1 * right;
    c23 += a2 * right;
    c33 += a3 * right;
  }
  block[0] = c00;
  block[1] = c01;
  block[2] = c02;
  block[3] = c03;
  block[4] = c10;
  block[5] = c11;
  block[6] = c12;
  block[7] = c13;
  block[8] = c20;
  block[9] = c21;
  block[10] = c22;
  block[11] = c23;
  block[12] = c30;
  block[13] = c31;
  block[14] = c32;
  block[15] = c33;
}

/** out[i, j] (+)= Σ_d a[i, d]·b[d, j] from packed panels, in double precision; rows of out are `rowStride` apart. */
export function multiplyPanels(
  rows: number,
  columns: number,
  depth: number,
  a: Float64Array,
  b: Float64Array,
  out: TypedArray,
  offset: number,
  rowStride: number,
  accumulate: boolean,
): void {
  for (let column = 0; column < columns; column += BLOCK) {
    const width = Math.min(BLOCK, columns - column);
    for (let row = 0; row < rows; row += BLOCK) {
      const height = Math.min(BLOCK, rows - row);
      multiplyBlock(depth, a, row * depth, b, column * depth);
      for (let i = 0; i < height; i++) {
        const start = offset + (row + i) * rowStride + column;
        for (let j = 0; j < width; j++) {
          const sum = block[i * BLOCK + j]!;
          if (accumulate) out[start + j]! += sum;
          else out[start + j] = sum;
        }
      }
    }
  }
}

const scratch: Float64Array[] = [];

/** Working memory of at least this size, kept from call to call; different slots never overlap. */
export function workspace(slot: number, size: number): Float64Array {
  const kept = scratch[slot];
  if (kept !== undefined && kept.length >= size) return kept;
  const grown = new Float64Array(size);
  scratch[slot] = grown;
  return grown;
}
