// How much larger the largest number of a plane is than a typical one.
import { Convolution, Slab } from '../fields';
import { loadSome, magnitudes } from '../../simd';
import { Region } from './region';

function totalOf(values: v128): f64 {
  const low = <f64>i32x4.extract_lane(values, 0) + <f64>i32x4.extract_lane(values, 1);
  return low + <f64>i32x4.extract_lane(values, 2) + <f64>i32x4.extract_lane(values, 3);
}

/**
 * The binary logarithm of the largest number over a typical one in one plane of so many slabs: that is the mean of the
 * exponents, in which outliers weigh no more than others, of every fourth four numbers that all nine weights meet, zeros
 * left out; NaN where there is none.
 */
export function spreadOf(
  largest: f32, fields: Convolution, ofSlopes: bool, plane: i32, slab: Slab, region: Region, first: i32, last: i32, rows: i32,
  columns: i32,
): f32 {
  const zero = i32x4.splat(0);
  const size = magnitudes();
  let sums = zero;
  let counts = zero;
  for (let index = first; index < last; index++) {
    slab.take(index, fields, rows, columns);
    region.placeWithin(fields, slab, ofSlopes);
    for (let image = 0; image < slab.images; image++) {
      for (let y = 0; y < region.rows; y++) {
        let at = region.start + <usize>image * region.image + <usize>plane * region.plane + <usize>y * region.row;
        // 0 for 0 and for numbers below 2⁻¹²⁶, 255 for those that are not finite.
        for (let i = region.columns; i > 0; i -= 16, at += 64) {
          const exponents = i32x4.shr_u(v128.and(loadSome(at, i), size), 23);
          sums = i32x4.add(sums, exponents);
          counts = i32x4.sub(counts, i32x4.ne(exponents, zero));
        }
      }
    }
  }
  const number = totalOf(counts);
  return <f32>(<f64>((reinterpret<u32>(largest) >> 23) & 255) - totalOf(sums) / number);
}
