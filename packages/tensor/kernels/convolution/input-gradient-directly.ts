import { Convolution, Slab } from './fields';
import { shiftOf } from './phases';

/**
 * The sums one by one, of what reaches each place: the zeros around the gradient, which the products of matrices count, would
 * be NaN times a weight that is not finite.
 */
export function addWhatReaches(fields: Convolution, slab: Slab, group: i32): void {
  const groups = <i32>fields.groups;
  const channels = <i32>fields.channels;
  const filters = <i32>fields.filters;
  const height = <i32>fields.height;
  const width = <i32>fields.width;
  const strideY = <i32>fields.strideY;
  const strideX = <i32>fields.strideX;
  const bottom = min(height, (slab.firstRow + slab.rows) * strideY);
  const right = min(width, (slab.firstColumn + slab.columns) * strideX);
  for (let image = slab.firstImage; image < slab.firstImage + slab.images; image++) {
    for (let c = 0; c < channels; c++) {
      const plane = <usize>fields.x + ((<usize>((image * groups + group) * channels + c) * height * width) << 2);
      for (let y = slab.firstRow * strideY; y < bottom; y++) {
        for (let x = slab.firstColumn * strideX; x < right; x++) {
          let sum: f32 = 0;
          for (let f = 0; f < filters; f++) {
            const weight = <usize>fields.weight + ((<usize>((group * filters + f) * channels + c) * areaOf(fields)) << 2);
            sum += slopeAt(fields, (image * groups + group) * filters + f, weight, y, x);
          }
          f32.store(plane + (<usize>(y * width + x) << 2), sum);
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function areaOf(fields: Convolution): i32 {
  return <i32>fields.kernelY * <i32>fields.kernelX;
}

/** The slope of one place in one plane: the sum over the taps that link it to the plane of a filter. */
function slopeAt(fields: Convolution, plane: i32, weight: usize, y: i32, x: i32): f32 {
  const outHeight = <i32>fields.outHeight;
  const outWidth = <i32>fields.outWidth;
  const kernelX = <i32>fields.kernelX;
  const gradient = <usize>fields.out + ((<usize>plane * outHeight * outWidth) << 2);
  let sum: f32 = 0;
  for (let ky = 0; ky < <i32>fields.kernelY; ky++) {
    const oy = shiftOf(y, ky, <i32>fields.strideY, <i32>fields.paddingY, <i32>fields.dilationY);
    if (oy < 0 || oy >= outHeight) continue;
    for (let kx = 0; kx < kernelX; kx++) {
      const ox = shiftOf(x, kx, <i32>fields.strideX, <i32>fields.paddingX, <i32>fields.dilationX);
      if (ox < 0 || ox >= outWidth) continue;
      const tap = weight + (<usize>(ky * kernelX + kx) << 2);
      sum += f32.load(tap) * f32.load(gradient + (<usize>(oy * outWidth + ox) << 2));
    }
  }
  return sum;
}
