import type { Device } from '../../device.js';
import { hostMemory } from '../host.js';
import { convolution } from './convolution.js';
import { elementwise } from './elementwise.js';
import { matrix } from './matmul.js';
import { movement } from './movement.js';
import { normalisation } from './normalisation.js';
import { polynomial } from './polynomial.js';
import { pooling } from './pooling.js';
import { random } from './random.js';
import { reduction } from './reduction.js';
import { softmax } from './softmax.js';
import { update } from './update.js';

/**
 * Plain loops on the CPU for every type, with sums in double precision: the device that every other one is tested
 * against.
 */
export const reference: Device = {
  name: 'reference',
  memory: hostMemory,
  kernels: {
    ...elementwise,
    ...reduction,
    ...movement,
    ...matrix,
    ...convolution,
    ...pooling,
    ...softmax,
    ...normalisation,
    ...polynomial,
    ...random,
    ...update,
  },
};
