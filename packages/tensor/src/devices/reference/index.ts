import type { Device } from '../../device.js';
import { hostMemory } from '../host/host.js';
import { convolution } from './kernels/convolution.js';
import { elementwise } from './kernels/elementwise.js';
import { fourier } from './kernels/fourier.js';
import { linearAlgebra } from './kernels/linear-algebra.js';
import { matmul } from './kernels/matmul.js';
import { movement } from './kernels/movement.js';
import { normalization } from './kernels/normalization.js';
import { polynomial } from './kernels/polynomial.js';
import { pooling } from './kernels/pooling.js';
import { random } from './kernels/random.js';
import { reduction } from './kernels/reduction.js';
import { scan } from './kernels/scan.js';
import { softmax } from './kernels/softmax.js';
import { sparse } from './kernels/sparse.js';
import { update } from './kernels/update.js';

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
    ...scan,
    ...movement,
    ...matmul,
    ...linearAlgebra,
    ...fourier,
    ...convolution,
    ...pooling,
    ...softmax,
    ...sparse,
    ...normalization,
    ...polynomial,
    ...random,
    ...update,
  },
};
