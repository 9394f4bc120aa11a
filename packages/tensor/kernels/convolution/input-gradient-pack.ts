import { DEPTH_LIMIT, ROWS } from '../gemm';
import { ceilDiv, partSize } from '../task';
import { Convolution } from './fields';
import { findingsBytes, PACK_LIMIT, packBlocks } from './findings';
import { NOTHING, shiftOf, tapsOf } from './phases';

/** A block for some channels of every group. */
export function conv2dInputGradientPackBlocks(fields: Convolution): i32 {
  return <i32>fields.groups * packBlocks(<i32>fields.channels);
}

/** Room for what the blocks find out and for the weights of all groups in panels. */
export function conv2dInputGradientPackShared(fields: Convolution): f64 {
  const rows = ceilDiv(<i32>fields.channels, ROWS) * ROWS;
  const taps = fields.filters * fields.kernelY * fields.kernelX;
  return <f64>findingsBytes(fields) + fields.groups * <f64>rows * taps * 4;
}

/**
 * Weights of a group, transposed, phase after phase, in panels of four channels; and for each block a number that is 0 where
 * all its weights are finite, and NaN elsewhere.
 */
export function conv2dInputGradientPack(fields: Convolution, block: i32): void {
  const channels = <i32>fields.channels;
  const filters = <i32>fields.filters;
  const kernelY = <i32>fields.kernelY;
  const kernelX = <i32>fields.kernelX;
  const strideY = <i32>fields.strideY;
  const strideX = <i32>fields.strideX;
  const dilationY = <i32>fields.dilationY;
  const dilationX = <i32>fields.dilationX;
  const paddingY = <i32>fields.paddingY;
  const paddingX = <i32>fields.paddingX;
  const area = kernelY * kernelX;
  const rows = ceilDiv(channels, ROWS) * ROWS;
  const blocks = packBlocks(channels);
  const group = block / blocks;
  const first = (block % blocks) * PACK_LIMIT;
  const last = min(rows, first + PACK_LIMIT);
  const weight = <usize>fields.weight + ((<usize>(group * filters * channels + first) * area) << 2);
  let out = <usize>fields.shared + findingsBytes(fields) + ((<usize>group * rows * filters * area) << 2);
  let finding: f32 = 0;
  for (let phaseY = 0; phaseY < strideY; phaseY++) {
    for (let phaseX = 0; phaseX < strideX; phaseX++) {
      const depth =
        filters *
        tapsOf(phaseY, kernelY, strideY, paddingY, dilationY) *
        tapsOf(phaseX, kernelX, strideX, paddingX, dilationX);
      const depthPerBlock = partSize(depth, DEPTH_LIMIT, 1);
      let d = 0;
      for (let f = 0; f < filters; f++) {
        for (let ky = 0; ky < kernelY; ky++) {
          if (shiftOf(phaseY, ky, strideY, paddingY, dilationY) == NOTHING) continue;
          for (let kx = 0; kx < kernelX; kx++) {
            if (shiftOf(phaseX, kx, strideX, paddingX, dilationX) == NOTHING) continue;
            const blockStart = (d / depthPerBlock) * depthPerBlock;
            const length = min(depthPerBlock, depth - blockStart);
            let target = out + ((<usize>blockStart * rows + <usize>first * length) << 2) + (<usize>(d - blockStart) << 4);
            let from = weight + ((<usize>f * channels * area + ky * kernelX + kx) << 2);
            for (let c = first; c < last; c += ROWS) {
              for (let i = 0; i < ROWS; i++) {
                const value = c + i < channels ? f32.load(from) : 0;
                f32.store(target + (<usize>i << 2), value);
                finding += value * 0;
                from += <usize>area << 2;
              }
              target += <usize>length << 4;
            }
            d++;
          }
        }
      }
      out += (<usize>depth * rows) << 2;
    }
  }
  f32.store(<usize>fields.shared + (<usize>block << 2), finding);
}
