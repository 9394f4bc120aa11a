import type { Device } from '../../device.js';
import { hostMemory } from '../host.js';
import { reference } from '../reference/index.js';
import { elementwiseKernels } from './elementwise.js';
import { Executor } from './executor.js';
import { type InstructionSet, instantiate, isSupported } from './instance.js';
import { matrixKernels } from './matmul.js';
import { normalisationKernels } from './normalisation.js';
import { polynomialKernels } from './polynomial.js';
import { randomKernels } from './random.js';
import { reductionKernels } from './reduction.js';
import { softmaxKernels } from './softmax.js';
import { updateKernels } from './update.js';

/**
 * A device of the given instructions.
 *
 * @throws DeviceError where the platform lacks them
 */
export function deviceOf(instructionSet: InstructionSet): Device {
  const executor = new Executor(instantiate(instructionSet));
  return {
    name: 'wasm',
    memory: hostMemory,
    kernels: {
      ...reference.kernels,
      ...elementwiseKernels(executor),
      ...matrixKernels(executor),
      ...normalisationKernels(executor),
      ...polynomialKernels(executor),
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
  device ??= deviceOf(isSupported('relaxedSimd') ? 'relaxedSimd' : 'simd');
  return device;
}
