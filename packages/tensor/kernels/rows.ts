// Blocks of operators that walk over rows: a piece of a row where rows are long, several whole rows where they are short.
import { ceilDiv } from './task';

/** Elements of a block, at most. */
export const ROW_BLOCK: i32 = 16384;

/** Whole rows of a block; 1 where a row has more elements than a block. */
// @ts-ignore: decorator
@inline
export function rowsPerBlock(length: i32): i32 {
  return max(1, ROW_BLOCK / max(1, length));
}

/** Pieces that a row is cut into; 1 where it has no more elements than a block. */
// @ts-ignore: decorator
@inline
export function piecesOf(length: i32): i32 {
  return ceilDiv(length, ROW_BLOCK);
}

/** The number of blocks that so many rows make. */
// @ts-ignore: decorator
@inline
export function rowBlocks(rows: i32, length: i32): i32 {
  return ceilDiv(rows, rowsPerBlock(length)) * piecesOf(length);
}
