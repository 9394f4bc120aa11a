// Whole powers of all elements, by repeated squaring.
import { loadSome, storeSome } from '../simd';
import { ceilDiv } from '../task';

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

@unmanaged
export class WholePower {
  x: f64;
  out: f64;
  /** The number of elements. */
  size: f64;
  exponent: f64;
}

/** Blocks of neighboring elements. */
export function wholePowerBlocks(fields: WholePower): i32 {
  return ceilDiv(<i32>fields.size, BLOCK);
}

/** A whole power of every element. */
export function wholePower(fields: WholePower, block: i32): void {
  const start = block * BLOCK;
  let x = <usize>fields.x + (<usize>start << 2);
  let out = <usize>fields.out + (<usize>start << 2);
  const count = min(BLOCK, <i32>fields.size - start);
  const exponent = <i32>fields.exponent;
  const end = x + (<usize>(count & ~3) << 2);
  for (; x < end; x += 16, out += 16) v128.store(out, power(v128.load(x), exponent));
  const rest = count & 3;
  if (rest > 0) storeSome(out, power(loadSome(x, rest), exponent), rest);
}
