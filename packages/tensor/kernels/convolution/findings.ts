// What the packing of weights for the gradient of the input finds out: which of them are not finite.
import { align, ceilDiv } from '../task';
import { Convolution } from './fields';

/** Channels whose weights are packed in a block: whole panels. */
export const PACK_LIMIT: i32 = 64;

/** The number of blocks in which the weights of so many channels are packed. */
// @ts-ignore: decorator
@inline
export function packBlocks(channels: i32): i32 {
  return ceilDiv(channels, PACK_LIMIT);
}

/** Bytes of what the blocks of the packing find out, before the packed weights. */
// @ts-ignore: decorator
@inline
export function findingsBytes(fields: Convolution): usize {
  return align((<usize>fields.groups * packBlocks(<i32>fields.channels)) << 2);
}

/** Whether all weights of a group are finite. */
export function hasFiniteWeights(fields: Convolution, group: i32): bool {
  const blocks = packBlocks(<i32>fields.channels);
  let sum: f32 = 0;
  for (let i = group * blocks; i < (group + 1) * blocks; i++) sum += f32.load(<usize>fields.shared + (<usize>i << 2));
  return sum == 0;
}
