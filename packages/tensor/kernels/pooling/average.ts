import { even, interleaveLower, interleaveUpper, odd, splatAt } from '../simd';
import { blockCount, clear, clip, isPairs, loadStrided, planesPerBlock, Pooling } from './fields';

const QUARTER: usize = memory.data<f32>([0.25]);

/** Means of four windows of 2×2. */
// @ts-ignore: decorator
@inline
function storeMeans(row: usize, rowBytes: usize, out: usize): void {
  const below = row + rowBytes;
  const low = f32x4.add(v128.load(row), v128.load(below));
  const high = f32x4.add(v128.load(row, 16), v128.load(below, 16));
  v128.store(out, f32x4.mul(f32x4.add(even(low, high), odd(low, high)), splatAt(QUARTER)));
}

/** So many rows of means of windows of 2×2, four at a time or more; the last four may be computed again. */
function averagePairs(row: usize, rowBytes: usize, out: usize, rows: i32, count: i32): void {
  const outBytes = <usize>count << 2;
  for (; rows > 0; rows--, row += 2 * rowBytes) {
    const last = out + outBytes - 16;
    let from = row;
    do {
      storeMeans(from, rowBytes, out);
      from += 32;
      out += 16;
    } while (out <= last);
    out = last + 16;
    if (count & 3) storeMeans(row + 2 * outBytes - 32, rowBytes, last);
  }
}

/** The gradient of two rows from that of the means of four windows of 2×2. */
// @ts-ignore: decorator
@inline
function spreadMeans(gradient: usize, row: usize, rowBytes: usize): void {
  const below = row + rowBytes;
  const part = f32x4.mul(v128.load(gradient), splatAt(QUARTER));
  const low = interleaveLower(part, part);
  const high = interleaveUpper(part, part);
  v128.store(row, low);
  v128.store(row, high, 16);
  v128.store(below, low);
  v128.store(below, high, 16);
}

/** The gradients of so many pairs of rows from those of the means of their windows of 2×2, likewise. */
function spreadPairs(gradient: usize, row: usize, rowBytes: usize, rows: i32, count: i32): void {
  const outBytes = <usize>count << 2;
  for (; rows > 0; rows--, row += 2 * rowBytes) {
    const last = gradient + outBytes - 16;
    let to = row;
    do {
      spreadMeans(gradient, to, rowBytes);
      to += 32;
      gradient += 16;
    } while (gradient <= last);
    gradient = last + 16;
    if (count & 3) spreadMeans(last, row + 2 * outBytes - 32, rowBytes);
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
    if (pairs) {
      averagePairs(x, <usize>width << 2, out, outHeight, outWidth);
      out += <usize>(outHeight * outWidth) << 2;
      continue;
    }
    for (let oy = 0; oy < outHeight; oy++) {
      const origin = oy * strideY - <i32>fields.paddingY;
      const top = clip(origin, dilationY);
      const bottom = min(origin + (kernelY - 1) * dilationY + 1, height);
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
    if (pairs) {
      spreadPairs(gradient, x, rowBytes, outHeight, outWidth);
      gradient += <usize>(outHeight * outWidth) << 2;
      continue;
    }
    for (let oy = 0; oy < outHeight; oy++) {
      const origin = oy * strideY - <i32>fields.paddingY;
      const top = clip(origin, dilationY);
      const bottom = min(origin + (kernelY - 1) * dilationY + 1, height);
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
