import { ceilDiv } from '../task';
import { Convolution, depthOf } from './fields';

/** Elements of the weight that a block of the sum of all parts has. */
const SUM_LIMIT: i32 = 4096;

/** Blocks of neighboring elements of the weight. */
export function conv2dWeightGradientSumBlocks(task: usize): i32 {
  return ceilDiv(weightSize(task), SUM_LIMIT);
}

// @ts-ignore: decorator
@inline
function weightSize(task: usize): i32 {
  const fields = changetype<Convolution>(task);
  return <i32>fields.groups * <i32>fields.filters * depthOf(fields);
}

/** The sum of the parts, in their order. */
export function conv2dWeightGradientSum(task: usize, block: i32): void {
  const fields = changetype<Convolution>(task);
  const size = weightSize(task);
  const parts = <i32>fields.parts;
  const first = block * SUM_LIMIT;
  const last = min(size, first + SUM_LIMIT);
  const out = <usize>fields.weight;
  const from = <usize>fields.shared;
  const distance = <usize>size << 2;
  let i = first;
  for (; i + 4 <= last; i += 4) {
    let at = from + (<usize>i << 2);
    let sum = v128.load(at);
    for (let part = 1; part < parts; part++) {
      at += distance;
      sum = f32x4.add(sum, v128.load(at));
    }
    v128.store(out + (<usize>i << 2), sum);
  }
  for (; i < last; i++) {
    let at = from + (<usize>i << 2);
    let sum = f32.load(at);
    for (let part = 1; part < parts; part++) {
      at += distance;
      sum += f32.load(at);
    }
    f32.store(out + (<usize>i << 2), sum);
  }
}
