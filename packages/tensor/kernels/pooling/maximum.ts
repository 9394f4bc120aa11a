import { even, odd } from '../simd';
import { blockCount, clear, clip, isPairs, loadStrided, planesPerBlock, Pooling } from './fields';

/** Where a value beats the best so far: neither is it at most the best, nor is the best NaN. */
// @ts-ignore: decorator
@inline
function beats(value: v128, best: v128): v128 {
  return v128.andnot(f32x4.eq(best, best), f32x4.le(value, best));
}

/** Blocks of planes. */
export function maxPool2dBlocks(fields: Pooling): i32 {
  return blockCount(fields);
}

/** The largest element of each window, the first of equal ones or the first NaN, and its position in the plane. */
export function maxPool2d(fields: Pooling, block: i32): void {
  const height = <i32>fields.height;
  const width = <i32>fields.width;
  const outHeight = <i32>fields.outHeight;
  const outWidth = <i32>fields.outWidth;
  const kernelY = <i32>fields.kernelY;
  const kernelX = <i32>fields.kernelX;
  const strideY = <i32>fields.strideY;
  const strideX = <i32>fields.strideX;
  const paddingX = <i32>fields.paddingX;
  const dilationY = <i32>fields.dilationY;
  const dilationX = <i32>fields.dilationX;
  const step = planesPerBlock(fields);
  const first = block * step;
  const last = min(<i32>fields.planes, first + step);
  let at = <usize>(first * outHeight * outWidth) << 2;
  const values = <usize>fields.out;
  const indices = <usize>fields.indices;
  const pairs = isPairs(fields);
  const across = i32x4.splat(1);
  const down = i32x4.splat(width);
  for (let plane = first; plane < last; plane++) {
    const x = <usize>fields.x + ((<usize>plane * height * width) << 2);
    for (let oy = 0; oy < outHeight; oy++) {
      const origin = oy * strideY - <i32>fields.paddingY;
      const top = clip(origin, dilationY);
      const bottom = min(origin + (kernelY - 1) * dilationY + 1, height);
      let ox = 0;
      if (pairs) {
        let row = x + (<usize>(top * width) << 2);
        let place = i32x4.add(i32x4.splat(top * width), i32x4(0, 2, 4, 6));
        for (; ox + 4 <= outWidth; ox += 4) {
          let low = v128.load(row);
          let high = v128.load(row, 16);
          let best = even(low, high);
          let found = place;
          let value = odd(low, high);
          let better = beats(value, best);
          best = v128.bitselect(value, best, better);
          found = v128.bitselect(i32x4.add(place, across), found, better);
          low = v128.load(row + (<usize>width << 2));
          high = v128.load(row + (<usize>width << 2), 16);
          value = even(low, high);
          better = beats(value, best);
          best = v128.bitselect(value, best, better);
          const below = i32x4.add(place, down);
          found = v128.bitselect(below, found, better);
          value = odd(low, high);
          better = beats(value, best);
          v128.store(values + at, v128.bitselect(value, best, better));
          v128.store(indices + at, v128.bitselect(i32x4.add(below, across), found, better));
          place = i32x4.add(place, i32x4.splat(8));
          row += 32;
          at += 16;
        }
      }
      while (ox < outWidth) {
        const left = ox * strideX - paddingX;
        const right = left + (kernelX - 1) * dilationX + 1;
        if (ox + 4 <= outWidth && left >= 0 && right + 3 * strideX <= width) {
          const lanes = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(strideX));
          let place = i32x4.add(i32x4.splat(top * width + left), lanes);
          let best = loadStrided(x + (<usize>(top * width + left) << 2), strideX);
          for (let y = top; y < bottom; y += dilationY) {
            for (let column = left; column < right; column += dilationX) {
              const position = y * width + column;
              const value = loadStrided(x + (<usize>position << 2), strideX);
              const better = beats(value, best);
              best = v128.bitselect(value, best, better);
              place = v128.bitselect(i32x4.add(i32x4.splat(position), lanes), place, better);
            }
          }
          v128.store(values + at, best);
          v128.store(indices + at, place);
          at += 16;
          ox += 4;
        } else {
          let place = top * width + clip(left, dilationX);
          let best = f32.load(x + (<usize>place << 2));
          for (let y = top; y < bottom; y += dilationY) {
            for (let column = clip(left, dilationX); column < min(right, width); column += dilationX) {
              const value = f32.load(x + (<usize>(y * width + column) << 2));
              if (best == best && !(value <= best)) {
                best = value;
                place = y * width + column;
              }
            }
          }
          f32.store(values + at, best);
          i32.store(indices + at, place);
          at += 4;
          ox++;
        }
      }
    }
  }
}

/** Blocks of planes. */
export function maxPool2dSelectBlocks(fields: Pooling): i32 {
  return blockCount(fields);
}

/** The elements of x at the positions. */
export function maxPool2dSelect(fields: Pooling, block: i32): void {
  const area = <i32>fields.height * <i32>fields.width;
  const outArea = <i32>fields.outHeight * <i32>fields.outWidth;
  const step = planesPerBlock(fields);
  const first = block * step;
  const last = min(<i32>fields.planes, first + step);
  let at = <usize>(first * outArea) << 2;
  for (let plane = first; plane < last; plane++) {
    const x = <usize>fields.x + ((<usize>plane * area) << 2);
    for (const end = at + (<usize>outArea << 2); at != end; at += 4) {
      const place = <usize>load<u32>(<usize>fields.indices + at) << 2;
      f32.store(<usize>fields.out + at, f32.load(x + place));
    }
  }
}

/** Blocks of planes. */
export function maxPool2dGradientBlocks(fields: Pooling): i32 {
  return blockCount(fields);
}

/** Zeros, to which every element of the output's gradient is added at its position. */
export function maxPool2dGradient(fields: Pooling, block: i32): void {
  const area = <i32>fields.height * <i32>fields.width;
  const outArea = <i32>fields.outHeight * <i32>fields.outWidth;
  const step = planesPerBlock(fields);
  const first = block * step;
  const last = min(<i32>fields.planes, first + step);
  const gradient = <usize>fields.out;
  const indices = <usize>fields.indices;
  let at = <usize>(first * outArea) << 2;
  clear(<usize>fields.x + ((<usize>first * area) << 2), (last - first) * area);
  for (let plane = first; plane < last; plane++) {
    const x = <usize>fields.x + ((<usize>plane * area) << 2);
    for (const end = at + (<usize>outArea << 2); at != end; at += 4) {
      const target = x + (<usize>load<u32>(indices + at) << 2);
      f32.store(target, f32.load(target) + f32.load(gradient + at));
    }
  }
}
