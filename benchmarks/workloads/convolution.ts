import { conv2d, grad, normal, ones, requireGrad } from '@pnn/nn';
import type { Workload } from '../workload.js';

const BATCH = 4;
const CHANNELS = 32;
const SIZE = 32;
const FLOPS = 2 * BATCH * CHANNELS * SIZE ** 2 * CHANNELS * 3 * 3;

function prepare() {
  const x = requireGrad(normal([BATCH, CHANNELS, SIZE, SIZE]));
  const weight = requireGrad(normal([CHANNELS, CHANNELS, 3, 3]));
  const gradient = ones(x.shape);
  return {
    convolve: () => conv2d(x, weight, undefined, { padding: 1 }),
    x,
    weight,
    gradient,
    dispose: () => {
      for (const each of [x, weight, gradient]) each.dispose();
    },
  };
}

/** 3×3 convolutions of [4,32,32,32] to as many channels; with gradients of input and weight. */
export const convolutionWorkloads: readonly Workload[] = [
  {
    name: 'conv2d 3x3/forward',
    flops: FLOPS,
    prepare: () => {
      const { convolve, dispose } = prepare();
      return { run: convolve, dispose };
    },
  },
  {
    name: 'conv2d 3x3/forward and backward',
    flops: 3 * FLOPS,
    prepare: () => {
      const { convolve, x, weight, gradient, dispose } = prepare();
      return { run: () => grad(convolve(), [x, weight], { gradient }), dispose };
    },
  },
];
