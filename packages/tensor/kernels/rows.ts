// Blocks of operators that walk over rows: a piece of a row where rows are long, several whole rows where they are short.
import { ceilDiv } from './task';

/** Elements of a block, at most. */
export const ROW_BLOCK: i32 = 16384;

// @ts-ignore: decorator
@inline
export function rowsPerBlock(length: i32): i32 {
  return max(1, ROW_BLOCK / max(1, length));
}

// @ts-ignore: decorator
@inline
export function piecesOf(length: i32): i32 {
  return ceilDiv(length, ROW_BLOCK);
}

// @ts-ignore: decorator
@inline
export function rowBlocks(rows: i32, length: i32): i32 {
  return ceilDiv(rows, rowsPerBlock(length)) * piecesOf(length);
}
