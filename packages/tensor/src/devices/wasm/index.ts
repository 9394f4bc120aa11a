import type { Device } from '../../device.js';
import { hostMemory } from '../host.js';
import { reference } from '../reference/index.js';
import { convolutionKernels } from './convolution.js';
import { elementwiseKernels } from './elementwise.js';
import { Executor } from './executor.js';
import { instantiate, isSupported, type KernelExports } from './instance.js';
import { matrixKernels } from './matmul.js';
import { normalisationKernels } from './normalisation.js';
import { polynomialKernels } from './polynomial.js';
import { poolingKernels } from './pooling.js';
import { randomKernels } from './random.js';
import { reductionKernels } from './reduction.js';
import { softmaxKernels } from './softmax.js';
import { updateKernels } from './update.js';

/** A device that computes with these kernels where there is one, and with those of `reference` elsewhere. */
export function deviceWith(exports: KernelExports): Device {
  const executor = new Executor(exports);
  return {
    name: 'wasm',
    memory: hostMemory,
    kernels: {
      ...reference.kernels,
      ...convolutionKernels(executor),
      ...elementwiseKernels(executor),
      ...matrixKernels(executor),
      ...normalisationKernels(executor),
      ...polynomialKernels(executor),
      ...poolingKernels(executor),
      ...randomKernels(executor),
      ...reductionKernels(executor),
      ...softmaxKernels(executor),
      ...updateKernels(executor),
    },
  };
}

let device: Device | undefined;

/**
 * SIMD kernels for float32 in the memory of all CPU devices; other types take the loops of `reference`. With relaxed SIMD
 * where the platform has it: products and sums are then rounded once instead of twice. The choice is made on the first
 * call.
 *
 * @throws DeviceError where the platform has no WebAssembly SIMD
 */
export function wasm(): Device {
  device ??= deviceWith(instantiate(isSupported('relaxedSimd') ? 'relaxedSimd' : 'simd'));
  return device;
}
