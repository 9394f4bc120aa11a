import { even, odd, splatAt } from '../simd';
import { blockCount, clear, clip, isPairs, loadStrided, planesPerBlock, Pooling } from './fields';

const QUARTER: usize = memory.data<f32>([0.25]);

/** A row of means of windows of 2×2, four at a time; the last four may be computed again. */
// @ts-ignore: decorator
@inline
function averagePairs(row: usize, rowBytes: usize, out: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) {
    const at = <usize>min(i, count - 4) << 2;
    const from = row + 2 * at;
    const low = f32x4.add(v128.load(from), v128.load(from + rowBytes));
    const high = f32x4.add(v128.load(from, 16), v128.load(from + rowBytes, 16));
    v128.store(out + at, f32x4.mul(f32x4.add(even(low, high), odd(low, high)), splatAt(QUARTER)));
  }
}

/** The gradient of two rows from that of the means of their windows of 2×2, likewise. */
// @ts-ignore: decorator
@inline
function spreadPairs(gradient: usize, row: usize, rowBytes: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) {
    const at = <usize>min(i, count - 4) << 2;
    const to = row + 2 * at;
    const part = f32x4.mul(v128.load(gradient + at), splatAt(QUARTER));
    const low = v128.shuffle<f32>(part, part, 0, 0, 1, 1);
    const high = v128.shuffle<f32>(part, part, 2, 2, 3, 3);
    v128.store(to, low);
    v128.store(to, high, 16);
    v128.store(to + rowBytes, low);
    v128.store(to + rowBytes, high, 16);
  }
}

/** Blocks of planes. */
export function averagePool2dBlocks(fields: Pooling): i32 {
  return blockCount(fields);
}

/** The mean of each window, padding counted as zeros. */
export function averagePool2d(fields: Pooling, block: i32): void {
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
  const count = <f32>(kernelY * kernelX);
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
          v128.store(out, f32x4.div(sum, f32x4.splat(count)));
          out += 16;
          ox += 4;
        } else {
          let sum: f32 = 0;
          for (let y = top; y < bottom; y += dilationY) {
            for (let column = clip(left, dilationX); column < min(right, width); column += dilationX) {
              sum += f32.load(x + (<usize>(y * width + column) << 2));
            }
          }
          f32.store(out, sum / count);
          out += 4;
          ox++;
        }
      }
    }
  }
}

/** Blocks of planes. */
export function averagePool2dGradientBlocks(fields: Pooling): i32 {
  return blockCount(fields);
}

/** Zeros, to which the share of every element of the output's gradient is added all over its window. */
export function averagePool2dGradient(fields: Pooling, block: i32): void {
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
  const count = <f32>(kernelY * kernelX);
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
        const part = f32.load(gradient) / count;
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
