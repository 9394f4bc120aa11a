import type { GpuMode } from '@pnn/tensor/gpu';
import { GPU } from 'gpu.js';
import { Executor } from '../../../packages/tensor/src/devices/gpu/executor.js';
import type { Library } from '../../../packages/tensor/src/devices/gpu/library.js';
import type { Operand } from '../../../packages/tensor/src/kernels.js';
import { handlesAlive } from './handles.js';

const CAPACITY = 6;
const INCREMENT = 'function (x) { return x[this.thread.x] + 1; }';

/** What is alive after so many shapes, one after the other, with room for six kernels; throws where a result is wrong. */
async function aliveAfterShapes(mode: GpuMode, shapes: number): Promise<{ handles: number; kernels: number }> {
  const context = new (GPU as unknown as Library)({ mode });
  const limits = { elements: 1000, because: 'of this test' };
  const executor = new Executor(mode, context, limits, { asynchronous: mode === 'webgpu', kernelsKept: CAPACITY });
  for (let size = 1; size <= shapes; size++) {
    const buffer = executor.memory.allocate('float32', size);
    const x: Operand = { shape: [size], size, dtype: 'float32', buffer };
    executor.memory.write(x, new Float32Array(size).fill(size));
    executor.launch(x, INCREMENT, x);
    executor.launch(x, INCREMENT, x);
    const read = executor.memory.read(x);
    executor.memory.release(buffer);
    const wrong = (await read).find((value) => value !== size + 2);
    if (wrong !== undefined) throw new Error(`${wrong} instead of ${size + 2}`);
  }
  return { handles: handlesAlive(mode), kernels: context.kernels.length };
}

Object.assign(window, { aliveAfterShapes, isReady: true });
