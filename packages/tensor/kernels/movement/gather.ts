// Elements at places that an index names along an axis.
import { piecesOf, ROW_BLOCK, rowBlocks, rowsPerBlock } from '../rows';
import { gather } from '../simd';
import { copyRun } from './run';

@unmanaged
export class GatherAlong {
  /** [outer, middle, length, inner]. */
  x: f64;
  index: f64;
  /** [outer, middle, count, inner]. */
  out: f64;
  outer: f64;
  middle: f64;
  length: f64;
  count: f64;
  inner: f64;
  /** Strides of the index in elements: 0 along axes that it is repeated along, 0 or 1 along the last. */
  indexOuter: f64;
  indexMiddle: f64;
  indexCount: f64;
  indexInner: f64;
}

/** Blocks of rows of the output, or of pieces of them. */
export function gatherAlongBlocks(fields: GatherAlong): i32 {
  return rowBlocks(<i32>fields.outer * <i32>fields.middle * <i32>fields.count, <i32>fields.inner);
}

/** Rows of one element each. */
// @ts-ignore: decorator
@inline
function gatherNumbers(x: usize, index: usize, step: usize, out: usize, count: i32): void {
  const end = out + (<usize>(count & ~3) << 2);
  for (; out < end; index += step << 2, out += 16) {
    const p0 = x + (load<u32>(index) << 2);
    const p1 = x + (load<u32>(index + step) << 2);
    const p2 = x + (load<u32>(index + 2 * step) << 2);
    const p3 = x + (load<u32>(index + 3 * step) << 2);
    v128.store(out, gather(p0, p1, p2, p3));
  }
  for (let i = 0; i < (count & 3); i++, index += step, out += 4) store<u32>(out, load<u32>(x + (load<u32>(index) << 2)));
}

/** A block of the output. */
export function gatherAlong(fields: GatherAlong, block: i32): void {
  const middle = <i32>fields.middle;
  const count = <i32>fields.count;
  const inner = <i32>fields.inner;
  const step = <usize>fields.indexCount << 2;
  const innerStep = <usize>fields.indexInner << 2;
  const pieces = piecesOf(inner);
  const rows = rowsPerBlock(inner);
  const last = min((block / pieces + 1) * rows, <i32>fields.outer * middle * count);
  const start = (block % pieces) * ROW_BLOCK;
  const width = min(ROW_BLOCK, inner - start);
  for (let row = (block / pieces) * rows; row < last; ) {
    const group = row / count;
    const place = row % count;
    const end = min(last, row + count - place);
    const x = <usize>fields.x + ((<usize>group * <usize>fields.length * inner + start) << 2);
    const groupIndex = (group / middle) * <i32>fields.indexOuter + (group % middle) * <i32>fields.indexMiddle;
    let index = <usize>fields.index + (<usize>groupIndex << 2) + <usize>place * step + <usize>start * innerStep;
    let out = <usize>fields.out + ((<usize>row * inner + start) << 2);
    if (inner == 1) gatherNumbers(x, index, step, out, end - row);
    else {
      for (let i = row; i < end; i++, index += step, out += <usize>inner << 2) {
        if (!innerStep) copyRun(x + ((<usize>load<u32>(index) * inner) << 2), out, width);
        else {
          for (let k: usize = 0; k < <usize>width << 2; k += 4) {
            store<u32>(out + k, load<u32>(x + ((<usize>load<u32>(index + k) * inner) << 2) + k));
          }
        }
      }
    }
    row = end;
  }
}
