import type { Device } from '../../device.js';
import { hostMemory } from '../host/host.js';
import { reference } from '../reference/index.js';
import { chosenInstructions, takeModule } from './chosen-module.js';
import { Executor } from './executor.js';
import { instantiate, isSupported, type KernelExports } from './instance.js';
import { convolutionKernels } from './kernels/convolution.js';
import { elementwiseKernels } from './kernels/elementwise.js';
import { matmulKernels } from './kernels/matmul.js';
import { movementKernels } from './kernels/movement.js';
import { normalizationKernels } from './kernels/normalization.js';
import { polynomialKernels } from './kernels/polynomial.js';
import { poolingKernels } from './kernels/pooling.js';
import { randomKernels } from './kernels/random.js';
import { reductionKernels } from './kernels/reduction.js';
import { softmaxKernels } from './kernels/softmax.js';
import { sparseKernels } from './kernels/sparse.js';
import { updateKernels } from './kernels/update.js';
import { ThreadPool } from './threads/thread-pool.js';

/**
 * A device that computes with these kernels where there is one, and with those of `reference` elsewhere; on the calling
 * thread where no others are given.
 */
export function deviceWith(exports: KernelExports, threads?: ThreadPool, description?: () => string): Device {
  const executor = new Executor(exports, threads);
  const elementwise = elementwiseKernels(executor);
  return {
    name: 'wasm',
    get description() {
      return description?.() ?? 'wasm';
    },
    memory: hostMemory,
    kernels: {
      ...reference.kernels,
      ...convolutionKernels(executor),
      ...elementwise,
      ...matmulKernels(executor),
      ...movementKernels(executor, elementwise),
      ...normalizationKernels(executor),
      ...polynomialKernels(executor),
      ...poolingKernels(executor),
      ...randomKernels(executor),
      ...reductionKernels(executor),
      ...softmaxKernels(executor),
      ...sparseKernels(executor),
      ...updateKernels(executor),
    },
  };
}

let device: Device | undefined;

/** Whether the platform runs the kernels of `wasm()`. */
export function hasWasm(): boolean {
  return isSupported();
}

/**
 * SIMD kernels for float32 in the memory of all CPU devices, on as many threads as `setThreads` says; other types take the
 * loops of `reference`. With relaxed SIMD where the platform has it: products and sums are then rounded once instead of
 * twice. The choice is made on the first call.
 *
 * @throws DeviceError where the platform has no WebAssembly SIMD
 */
export function wasm(): Device {
  if (!device) {
    const module = takeModule();
    const exports = instantiate(module);
    const threads = new ThreadPool(module, exports);
    device = deviceWith(exports, threads, () => {
      const count = threads.mostThreads;
      const instructions = chosenInstructions() === 'simd' ? 'SIMD' : 'relaxed SIMD';
      const width = module.wide ? '256 bits, ' : '';
      return `wasm (${instructions}, ${width}${count} ${count === 1 ? 'thread' : 'threads'})`;
    });
  }
  return device;
}
