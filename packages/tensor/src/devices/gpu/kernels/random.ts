import type { Kernels } from '../../../kernels.js';
import { drawBernoulli, drawUniform } from '../../reference/kernels/random.js';
import type { Executor } from '../executor.js';

/**
 * Random numbers are drawn by the processor and sent over: Philox needs products of 64 bits, which shaders that know
 * floats only do not have, and the bits are to be those of every other device.
 */
export function randomKernels(executor: Executor): Pick<Kernels, 'uniform' | 'bernoulli'> {
  return {
    uniform(out, stream) {
      const numbers = new Float32Array(out.size);
      drawUniform(numbers, stream);
      executor.memory.write(out, numbers);
    },
    bernoulli(out, probability, scale, stream) {
      const numbers = new Float32Array(out.size);
      drawBernoulli(numbers, probability, scale, stream);
      executor.memory.write(out, numbers);
    },
  };
}
