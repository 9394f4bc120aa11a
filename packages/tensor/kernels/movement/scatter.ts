// Elements to places that an index names along an axis, joined with what is there.
import { loadSome, storeSome } from '../simd';
import { ceilDiv } from '../task';

/** Elements of a block, unless the places along the axis are more. */
const BLOCK: i32 = 16384;
/** Columns of a block, at most: those that share places stay in one block, in the order of the places. */
const WIDTH: i32 = 64;

/** How an element is joined with what is at its place. */
enum ScatterOperation {
  replace,
  add,
  mul,
  max,
  min,
}

// @ts-ignore: decorator
@inline
function joined(operation: i32, before: v128, value: v128): v128 {
  if (operation == ScatterOperation.replace) return value;
  if (operation == ScatterOperation.add) return f32x4.add(before, value);
  if (operation == ScatterOperation.mul) return f32x4.mul(before, value);
  return operation == ScatterOperation.max ? f32x4.max(before, value) : f32x4.min(before, value);
}

@unmanaged
export class ScatterAlong {
  /** [outer, middle, count, inner]. */
  source: f64;
  index: f64;
  /** [outer, middle, length, inner]; holds what elements are joined with. */
  out: f64;
  operation: f64;
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

// @ts-ignore: decorator
@inline
function groupsPerBlock(fields: ScatterAlong): i32 {
  return max(1, BLOCK / max(1, <i32>fields.count * min(WIDTH, <i32>fields.inner)));
}

/** Blocks of columns of the output. */
export function scatterAlongBlocks(fields: ScatterAlong): i32 {
  const groups = <i32>fields.outer * <i32>fields.middle;
  return ceilDiv(groups, groupsPerBlock(fields)) * ceilDiv(<i32>fields.inner, WIDTH);
}

/** Columns that have their place in common. */
// @ts-ignore: decorator
@inline
function joinRow(operation: i32, source: usize, out: usize, width: i32): void {
  const end = out + (<usize>(width & ~3) << 2);
  for (; out < end; source += 16, out += 16) {
    v128.store(out, joined(operation, v128.load(out), v128.load(source)));
  }
  const rest = width & 3;
  if (rest > 0) storeSome(out, joined(operation, loadSome(out, rest), loadSome(source, rest)), rest);
}

/** The columns of a group; `rowBytes` from row to row of source and output. */
// @ts-ignore: decorator
@inline
function joinRows(
  operation: i32, source: usize, index: usize, step: usize, innerStep: usize, out: usize, rowBytes: usize, count: i32, width: i32,
): void {
  if (width == 1) {
    for (let i = 0; i < count; i++, index += step, source += rowBytes) {
      const place = out + <usize>load<u32>(index) * rowBytes;
      v128.store32_lane(place, joined(operation, v128.load32_zero(place), v128.load32_zero(source)), 0);
    }
    return;
  }
  for (let i = 0; i < count; i++, index += step, source += rowBytes) {
    if (!innerStep) joinRow(operation, source, out + <usize>load<u32>(index) * rowBytes, width);
    else {
      for (let k: usize = 0; k < <usize>width << 2; k += 4) {
        const place = out + <usize>load<u32>(index + k) * rowBytes + k;
        v128.store32_lane(place, joined(operation, v128.load32_zero(place), v128.load32_zero(source + k)), 0);
      }
    }
  }
}

/** Columns of some groups. */
export function scatterAlong(fields: ScatterAlong, block: i32): void {
  const operation = <i32>fields.operation;
  const middle = <i32>fields.middle;
  const count = <i32>fields.count;
  const inner = <i32>fields.inner;
  const step = <usize>fields.indexCount << 2;
  const innerStep = <usize>fields.indexInner << 2;
  const rowBytes = <usize>inner << 2;
  const pieces = ceilDiv(inner, WIDTH);
  const groups = groupsPerBlock(fields);
  const first = (block / pieces) * groups;
  const last = min(first + groups, <i32>fields.outer * middle);
  const start = (block % pieces) * WIDTH;
  const width = min(WIDTH, inner - start);
  for (let group = first; group < last; group++) {
    const groupIndex = (group / middle) * <i32>fields.indexOuter + (group % middle) * <i32>fields.indexMiddle;
    const index = <usize>fields.index + (<usize>groupIndex << 2) + <usize>start * innerStep;
    const source = <usize>fields.source + <usize>group * count * rowBytes + (<usize>start << 2);
    const out = <usize>fields.out + <usize>group * <usize>fields.length * rowBytes + (<usize>start << 2);
    if (operation == ScatterOperation.replace) joinRows(ScatterOperation.replace, source, index, step, innerStep, out, rowBytes, count, width);
    else if (operation == ScatterOperation.add) joinRows(ScatterOperation.add, source, index, step, innerStep, out, rowBytes, count, width);
    else if (operation == ScatterOperation.mul) joinRows(ScatterOperation.mul, source, index, step, innerStep, out, rowBytes, count, width);
    else if (operation == ScatterOperation.max) joinRows(ScatterOperation.max, source, index, step, innerStep, out, rowBytes, count, width);
    else joinRows(ScatterOperation.min, source, index, step, innerStep, out, rowBytes, count, width);
  }
}
