// Σ x² over many tensors in one call: what clipping the norm of all gradients needs.
import { lowerDoubles, upperDoubles } from '../simd';
import { ceilDiv } from '../task';

@unmanaged
class Norm {
  /** For each tensor its address and its size, as f64. */
  table: f64;
  tensors: f64;
  /** A sum for each block, in double precision. */
  partials: f64;
}

/** Elements of a block, at most. */
const BLOCK: i32 = 32768;
const ENTRY: usize = 16;

/** The blocks of the tensor that an entry of the table tells of. */
// @ts-ignore: decorator
@inline
function blocksOf(entry: usize): i32 {
  return ceilDiv(<i32>load<f64>(entry, 8), BLOCK);
}

/** Blocks of one tensor each. */
export function euclideanNormBlocks(task: usize): i32 {
  const fields = changetype<Norm>(task);
  let blocks = 0;
  for (let i = 0; i < <i32>fields.tensors; i++) blocks += blocksOf(<usize>fields.table + <usize>i * ENTRY);
  return blocks;
}

/** Room for the sums. */
export function euclideanNormShared(task: usize): f64 {
  return <f64>euclideanNormBlocks(task) * 8;
}

// @ts-ignore: decorator
@inline
function addSquare(sum: v128, x: v128): v128 {
  return f64x2.add(sum, f64x2.mul(x, x));
}

/** The sum of the squares of a block's elements. */
export function euclideanNorm(task: usize, block: i32): void {
  const fields = changetype<Norm>(task);
  let entry = <usize>fields.table;
  let index = block;
  for (let blocks = blocksOf(entry); index >= blocks; blocks = blocksOf(entry)) {
    index -= blocks;
    entry += ENTRY;
  }
  const start = index * BLOCK;
  const end = min(start + BLOCK, <i32>load<f64>(entry, 8));
  const x = <usize>load<f64>(entry);
  let sum0 = f64x2.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  let i = start;
  for (; i + 8 <= end; i += 8) {
    const a = v128.load(x + (<usize>i << 2));
    const b = v128.load(x + (<usize>i << 2), 16);
    sum0 = addSquare(sum0, lowerDoubles(a));
    sum1 = addSquare(sum1, upperDoubles(a));
    sum2 = addSquare(sum2, lowerDoubles(b));
    sum3 = addSquare(sum3, upperDoubles(b));
  }
  const sums = f64x2.add(f64x2.add(sum0, sum1), f64x2.add(sum2, sum3));
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (; i < end; i++) {
    const value = <f64>load<f32>(x + (<usize>i << 2));
    sum += value * value;
  }
  store<f64>(<usize>fields.partials + (<usize>block << 3), sum);
}
