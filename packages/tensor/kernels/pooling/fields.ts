// Pooling over planes, four columns of the output at a time where their windows lie inside the plane.
import { Geometry } from '../geometry';
import { gather, loadSecond } from '../simd';
import { ceilDiv, partSize } from '../task';

/** Fields of all kernels here. */
@unmanaged
export class Pooling extends Geometry {
  /** The input, or its gradient. */
  x: f64;
  /** The output, or its gradient. */
  out: f64;
  /** Positions of the maxima in their planes, of type int32. */
  indices: f64;
  planes: f64;
}

/** Elements of the input that a block has, unless a single plane has more. */
const BLOCK_LIMIT: i32 = 65536;

/** Planes of a block: as many as the limit allows, in blocks of equal size. */
// @ts-ignore: decorator
@inline
export function planesPerBlock(fields: Pooling): i32 {
  const area = max(<i32>fields.height * <i32>fields.width, <i32>fields.outHeight * <i32>fields.outWidth);
  return partSize(<i32>fields.planes, max(1, BLOCK_LIMIT / max(1, area)), 1);
}

/** The number of blocks of planes. */
// @ts-ignore: decorator
@inline
export function blockCount(fields: Pooling): i32 {
  return ceilDiv(<i32>fields.planes, planesPerBlock(fields));
}

/** Whether windows of 2×2 lie side by side, as in most networks: worth loops of their own. */
export function isPairs(fields: Pooling): bool {
  return (
    fields.kernelY == 2 &&
    fields.kernelX == 2 &&
    fields.strideY == 2 &&
    fields.strideX == 2 &&
    fields.paddingY == 0 &&
    fields.paddingX == 0 &&
    fields.dilationY == 1 &&
    fields.dilationX == 1 &&
    // The last window may hang over the edge.
    2 * fields.outHeight <= fields.height &&
    2 * fields.outWidth <= fields.width
  );
}

/** Four elements `stride` apart. */
// @ts-ignore: decorator
@inline
export function loadStrided(from: usize, stride: i32): v128 {
  if (stride == 1) return v128.load(from);
  if (stride == 2) return loadSecond(from);
  const step = <usize>stride << 2;
  return gather(from, from + step, from + 2 * step, from + 3 * step);
}

/** The first place of a window, from `start` on in steps, that is not before the plane. */
// @ts-ignore: decorator
@inline
export function clip(start: i32, step: i32): i32 {
  return start >= 0 ? start : start + ceilDiv(-start, step) * step;
}

/** Sets so many elements to zero. */
export function clear(out: usize, size: i32): void {
  memory.fill(out, 0, <usize>size << 2);
}
