import type { Device } from '../../device.js';
import { hostMemory } from '../host.js';
import { reference } from '../reference/index.js';
import { convolutionKernels } from './convolution.js';
import { Executor } from './executor.js';
import { instantiate, isSupported, type KernelExports } from './instance.js';
import { matrixKernels } from './matmul.js';
import { poolingKernels } from './pooling.js';

/** A device that computes with these kernels where there is one, and with those of `reference` elsewhere. */
export function deviceWith(exports: KernelExports): Device {
  const executor = new Executor(exports);
  return {
    name: 'wasm',
    memory: hostMemory,
    kernels: {
      ...reference.kernels,
      ...matrixKernels(executor),
      ...convolutionKernels(executor),
      ...poolingKernels(executor),
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
