// Pooling over planes, four columns of the output at a time where their windows lie inside the plane.
import { Geometry } from './geometry';
import { gather } from './simd';
import { ceilDiv, partSize } from './task';

/** Fields of all kernels here. */
@unmanaged
class Pooling extends Geometry {
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

// @ts-ignore: decorator
@inline
function planesPerBlock(fields: Pooling): i32 {
  const area = max(<i32>fields.height * <i32>fields.width, <i32>fields.outHeight * <i32>fields.outWidth);
  return partSize(<i32>fields.planes, max(1, BLOCK_LIMIT / max(1, area)), 1);
}

// @ts-ignore: decorator
@inline
function blockCount(task: usize): i32 {
  const fields = changetype<Pooling>(task);
  return ceilDiv(<i32>fields.planes, planesPerBlock(fields));
}

/** Whether windows of 2×2 lie side by side, as in most networks: worth loops of their own. */
function isPairs(fields: Pooling): bool {
  return (
    fields.kernelY == 2 &&
    fields.kernelX == 2 &&
    fields.strideY == 2 &&
    fields.strideX == 2 &&
    fields.paddingY == 0 &&
    fields.paddingX == 0 &&
    fields.dilationY == 1 &&
    fields.dilationX == 1
  );
}

/** Elements 0, 2, 4 and 6 of two vectors. */
// @ts-ignore: decorator
@inline
function even(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(low, high, 0, 2, 4, 6);
}

/** Elements 1, 3, 5 and 7 of two vectors. */
// @ts-ignore: decorator
@inline
function odd(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(low, high, 1, 3, 5, 7);
}

/** Where a value beats the best so far: neither is it at most the best, nor is the best NaN. */
// @ts-ignore: decorator
@inline
function beats(value: v128, best: v128): v128 {
  return v128.andnot(f32x4.eq(best, best), f32x4.le(value, best));
}

/** Four elements `stride` apart. */
// @ts-ignore: decorator
@inline
function loadStrided(from: usize, stride: i32): v128 {
  if (stride == 1) return v128.load(from);
  if (stride == 2) return v128.shuffle<f32>(v128.load(from), v128.load(from, 12), 0, 2, 5, 7);
  const step = <usize>stride << 2;
  return gather(from, from + step, from + 2 * step, from + 3 * step);
}

/** The first place of a window, from `start` on in steps, that is not before the plane. */
// @ts-ignore: decorator
@inline
function clip(start: i32, step: i32): i32 {
  return start >= 0 ? start : start + ceilDiv(-start, step) * step;
}

function clear(out: usize, size: i32): void {
  memory.fill(out, 0, <usize>size << 2);
}

export function maxPool2dBlocks(task: usize): i32 {
  return blockCount(task);
}

/** The largest element of each window, the first of equal ones or the first NaN, and its position in the plane. */
export function maxPool2d(task: usize, block: i32, scratch: usize): void {
  const fields = changetype<Pooling>(task);
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

export function maxPool2dSelectBlocks(task: usize): i32 {
  return blockCount(task);
}

/** The elements of x at the positions. */
export function maxPool2dSelect(task: usize, block: i32, scratch: usize): void {
  const fields = changetype<Pooling>(task);
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

export function maxPool2dGradientBlocks(task: usize): i32 {
  return blockCount(task);
}

/** Zeros, to which every element of the output's gradient is added at its position. */
export function maxPool2dGradient(task: usize, block: i32, scratch: usize): void {
  const fields = changetype<Pooling>(task);
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

/** A row of means of windows of 2×2, four at a time; the last four may be computed again. */
// @ts-ignore: decorator
@inline
function averagePairs(row: usize, rowBytes: usize, out: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) {
    const at = <usize>min(i, count - 4) << 2;
    const from = row + 2 * at;
    const low = f32x4.add(v128.load(from), v128.load(from + rowBytes));
    const high = f32x4.add(v128.load(from, 16), v128.load(from + rowBytes, 16));
    v128.store(out + at, f32x4.mul(f32x4.add(even(low, high), odd(low, high)), f32x4.splat(0.25)));
  }
}

/** The gradient of two rows from that of the means of their windows of 2×2, likewise. */
// @ts-ignore: decorator
@inline
function spreadPairs(gradient: usize, row: usize, rowBytes: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) {
    const at = <usize>min(i, count - 4) << 2;
    const to = row + 2 * at;
    const part = f32x4.mul(v128.load(gradient + at), f32x4.splat(0.25));
    const low = v128.shuffle<f32>(part, part, 0, 0, 1, 1);
    const high = v128.shuffle<f32>(part, part, 2, 2, 3, 3);
    v128.store(to, low);
    v128.store(to, high, 16);
    v128.store(to + rowBytes, low);
    v128.store(to + rowBytes, high, 16);
  }
}

export function averagePool2dBlocks(task: usize): i32 {
  return blockCount(task);
}

/** The mean of each window, padding counted as zeros. */
export function averagePool2d(task: usize, block: i32, scratch: usize): void {
  const fields = changetype<Pooling>(task);
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
  const share = <f32>1 / <f32>(kernelY * kernelX);
  const step = planesPerBlock(fields);
  const first = block * step;
  const last = min(<i32>fields.planes, first + step);
  const pairs = isPairs(fields) && outWidth >= 4;
  let out = <usize>fields.out + (<usize>(first * outHeight * outWidth) << 2);
  for (let plane = first; plane < last; plane++) {
    const x = <usize>fields.x + ((<usize>plane * height * width) << 2);
    for (let oy = 0; oy < outHeight; oy++) {
      const origin = oy * strideY - <i32>fields.paddingY;
      const top = clip(origin, dilationY);
      const bottom = min(origin + (kernelY - 1) * dilationY + 1, height);
      if (pairs) {
        averagePairs(x + (<usize>(top * width) << 2), <usize>width << 2, out, outWidth);
        out += <usize>outWidth << 2;
        continue;
      }
      let ox = 0;
      while (ox < outWidth) {
        const left = ox * strideX - paddingX;
        const right = left + (kernelX - 1) * dilationX + 1;
        if (ox + 4 <= outWidth && left >= 0 && right + 3 * strideX <= width) {
          let sum = f32x4.splat(0);
          for (let y = top; y < bottom; y += dilationY) {
            for (let column = left; column < right; column += dilationX) {
              sum = f32x4.add(sum, loadStrided(x + (<usize>(y * width + column) << 2), strideX));
            }
          }
          v128.store(out, f32x4.mul(sum, f32x4.splat(share)));
          out += 16;
          ox += 4;
        } else {
          let sum: f32 = 0;
          for (let y = top; y < bottom; y += dilationY) {
            for (let column = clip(left, dilationX); column < min(right, width); column += dilationX) {
              sum += f32.load(x + (<usize>(y * width + column) << 2));
            }
          }
          f32.store(out, sum * share);
          out += 4;
          ox++;
        }
      }
    }
  }
}

export function averagePool2dGradientBlocks(task: usize): i32 {
  return blockCount(task);
}

/** Zeros, to which the share of every element of the output's gradient is added all over its window. */
export function averagePool2dGradient(task: usize, block: i32, scratch: usize): void {
  const fields = changetype<Pooling>(task);
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
  const share = <f32>1 / <f32>(kernelY * kernelX);
  const step = planesPerBlock(fields);
  const first = block * step;
  const last = min(<i32>fields.planes, first + step);
  const rowBytes = <usize>width << 2;
  let gradient = <usize>fields.out + (<usize>(first * outHeight * outWidth) << 2);
  const pairs = isPairs(fields) && outWidth >= 4;
  if (!pairs || (height & 1) || (width & 1)) {
    clear(<usize>fields.x + ((<usize>first * height * width) << 2), (last - first) * height * width);
  }
  for (let plane = first; plane < last; plane++) {
    const x = <usize>fields.x + (<usize>plane * height * rowBytes);
    for (let oy = 0; oy < outHeight; oy++) {
      const origin = oy * strideY - <i32>fields.paddingY;
      const top = clip(origin, dilationY);
      const bottom = min(origin + (kernelY - 1) * dilationY + 1, height);
      if (pairs) {
        spreadPairs(gradient, x + <usize>top * rowBytes, rowBytes, outWidth);
        gradient += <usize>outWidth << 2;
        continue;
      }
      for (let ox = 0; ox < outWidth; ox++) {
        const left = ox * strideX - paddingX;
        const right = min(left + (kernelX - 1) * dilationX + 1, width);
        const part = f32.load(gradient) * share;
        for (let y = top; y < bottom; y += dilationY) {
          for (let column = clip(left, dilationX); column < right; column += dilationX) {
            const target = x + <usize>y * rowBytes + (<usize>column << 2);
            f32.store(target, f32.load(target) + part);
          }
        }
        gradient += 4;
      }
    }
  }
}
