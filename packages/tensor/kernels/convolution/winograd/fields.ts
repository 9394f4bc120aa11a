// What the kernels of 3×3 convolutions with stride 1 are told.
import { Convolution, slabCount } from '../fields';
import { ROWS } from '../../gemm';
import { align, ceilDiv } from '../../task';

/**
 * Fields of convolutions and of the gradients of their inputs, which are convolutions as well: of the output's gradient in
 * the place of x.
 */
@unmanaged
export class Winograd extends Convolution {
  /** Bytes between the weights of two filters and of two channels, to the first tap, and from each tap to the next. */
  filterStep: f64;
  channelStep: f64;
  firstTap: f64;
  tapStep: f64;
  /** Whether the padding is made of zeros, which times an infinite weight are NaN, or of nothing. */
  paddingCounts: f64;
}

/** The side of a tile of outputs. */
export const TILE: i32 = 4;
/** The side of the inputs that a tile depends on. */
export const REACH: i32 = 6;

/** The number of rows of tiles. */
// @ts-ignore: decorator
@inline
export function tileRows(fields: Convolution): i32 {
  return ceilDiv(<i32>fields.outHeight, TILE);
}

/** The number of columns of tiles. */
// @ts-ignore: decorator
@inline
export function tileColumns(fields: Convolution): i32 {
  return ceilDiv(<i32>fields.outWidth, TILE);
}

/** The number of slabs of tiles. */
// @ts-ignore: decorator
@inline
export function tileSlabs(fields: Convolution): i32 {
  return slabCount(fields, tileRows(fields), tileColumns(fields));
}

/** Bytes between the 36 matrices of a kind: an odd number of cache lines, or they would fight for places in the cache. */
// @ts-ignore: decorator
@inline
export function spread(bytes: usize): usize {
  return align(bytes) | 64;
}

/** The number of products of a tile. */
export const POINTS: i32 = 36;

/** Bytes of the transformed weights of all groups. */
// @ts-ignore: decorator
@inline
export function matricesBytes(fields: Winograd): f64 {
  return fields.groups * <f64>POINTS * <f64>weightMatrixBytes(fields);
}

/** Bytes between two of the matrices of the transformed weights of a group. */
// @ts-ignore: decorator
@inline
export function weightMatrixBytes(fields: Winograd): usize {
  return spread((<usize>(ceilDiv(<i32>fields.filters, ROWS) * ROWS) * <usize>fields.channels) << 2);
}
