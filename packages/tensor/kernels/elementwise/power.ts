// Whole powers of all elements, by repeated squaring.
import { loadSome, storeSome } from '../simd';
import { address, ceilDiv, integer } from '../task';

/** Elements of a block, at most. */
const BLOCK: i32 = 16384;

// @ts-ignore: decorator
@inline
function power(x: v128, exponent: i32): v128 {
  let base = exponent < 0 ? f32x4.div(f32x4.splat(1), x) : x;
  let result = f32x4.splat(1);
  for (let rest = abs(exponent); rest > 0; rest >>= 1) {
    if (rest & 1) result = f32x4.mul(result, base);
    base = f32x4.mul(base, base);
  }
  return result;
}

/** Blocks of neighboring elements. */
export function wholePowerBlocks(task: usize): i32 {
  return ceilDiv(integer(task, 2), BLOCK);
}

/** Fields: x, out, the number of elements, the exponent. */
export function wholePower(task: usize, block: i32): void {
  const start = block * BLOCK;
  let x = address(task, 0) + (<usize>start << 2);
  let out = address(task, 1) + (<usize>start << 2);
  const count = min(BLOCK, integer(task, 2) - start);
  const exponent = integer(task, 3);
  const end = x + (<usize>(count & ~3) << 2);
  for (; x < end; x += 16, out += 16) v128.store(out, power(v128.load(x), exponent));
  const rest = count & 3;
  if (rest > 0) storeSome(out, power(loadSome(x, rest), exponent), rest);
}
