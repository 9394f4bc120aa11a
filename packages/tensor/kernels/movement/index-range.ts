// Whether an index names places that there are.
import { ceilDiv } from '../task';

/** Elements of a block, at most. */
const BLOCK: i32 = 65536;

@unmanaged
export class LargestIndex {
  index: f64;
  /** The number of elements. */
  size: f64;
  /** For each block its largest element, as u32: negative ones are the largest. */
  partials: f64;
}

/** Blocks of neighboring elements. */
export function largestIndexBlocks(fields: LargestIndex): i32 {
  return ceilDiv(<i32>fields.size, BLOCK);
}

/** Room for the largest elements. */
export function largestIndexShared(fields: LargestIndex): f64 {
  return <f64>largestIndexBlocks(fields) * 4;
}

/** The largest element of a block. */
export function largestIndex(fields: LargestIndex, block: i32): void {
  const start = block * BLOCK;
  const count = min(BLOCK, <i32>fields.size - start);
  let index = <usize>fields.index + (<usize>start << 2);
  const end = index + (<usize>(count & ~3) << 2);
  let most = i32x4.splat(0);
  for (; index < end; index += 16) most = i32x4.max_u(most, v128.load(index));
  for (let i = 0; i < (count & 3); i++) most = i32x4.max_u(most, v128.load32_zero(index + (<usize>i << 2)));
  most = i32x4.max_u(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
  most = i32x4.max_u(most, v128.shuffle<i32>(most, most, 1, 0, 3, 2));
  store<i32>(<usize>fields.partials + (<usize>block << 2), i32x4.extract_lane(most, 0));
}
