import type { Device } from '../../device.js';
import { DeviceError } from '../../errors.js';
import { describeAdapter, findGpu, isSoftware, requestAdapter, requestDevice } from './adapter.js';
import { Executor } from './executor.js';
import { Health } from './health.js';
import { argReductionKernels } from './kernels/arg-reduction.js';
import { convolutionKernels } from './kernels/convolution.js';
import { elementwiseKernels } from './kernels/elementwise.js';
import { fourierKernels } from './kernels/fourier.js';
import { linearAlgebraKernels } from './kernels/linear-algebra.js';
import { matmulKernels } from './kernels/matmul.js';
import { movementKernels } from './kernels/movement.js';
import { normalizationKernels } from './kernels/normalization.js';
import { polynomialKernels } from './kernels/polynomial.js';
import { poolingKernels } from './kernels/pooling.js';
import { randomKernels } from './kernels/random.js';
import { reductionKernels } from './kernels/reduction.js';
import { scanKernels } from './kernels/scan.js';
import { softmaxKernels } from './kernels/softmax.js';
import { sortKernels } from './kernels/sort.js';
import { sparseKernels } from './kernels/sparse.js';
import { updateKernels } from './kernels/update.js';

/** A device that computes on WebGPU, and says on which adapter. */
export interface WebGpuDevice extends Device {
  /** The adapter as its driver calls it. */
  readonly adapter: string;
  /** Whether the adapter is a processor that stands in for a GPU. */
  readonly isSoftware: boolean;
  /** Adapter and limits in one line. */
  readonly description: string;
  /** What the device has done and holds. */
  readonly counts: WebGpuCounts;
  /**
   * Compiles the kernels that `work` needs, all at the same time and without blocking, so that the first step takes no longer
   * than the others. Nothing is computed: what `work` makes has no values, and what it would change on the device keeps those
   * that it has. What it changes elsewhere stays changed, such as the count of an optimizer's steps, so it is best forward and
   * backward alone:
   *
   * ```ts
   * await device.warmUp(() => scope(() => crossEntropy(network.forward(images), labels).backward()));
   * optimizer.zeroGrad();
   * ```
   *
   * @param work calls operators, and waits for nothing; a read within it is rejected with a DeviceError
   * @throws DeviceError where the driver refuses a kernel; and whatever `work` throws
   */
  warmUp(work: () => void): Promise<void>;
}

/** Work and memory of a device, since it was opened. */
export interface WebGpuCounts {
  /** Times that work was handed to the GPU. */
  readonly submits: number;
  /** Calls of kernels. */
  readonly dispatches: number;
  /** Kernels that were compiled. */
  readonly pipelines: number;
  /** Buffers that were created. */
  readonly buffers: number;
}

/** How a WebGPU device is chosen. */
export interface WebGpuOptions {
  /** Take a processor where there is no GPU (or where the browser has no driver for it). @default false */
  readonly software?: boolean;
}

/** A device, and what launches its kernels: for benchmarks, which measure the adapter by kernels of their own. */
export interface OpenedDevice {
  readonly device: WebGpuDevice;
  readonly executor: Executor;
  readonly handle: GPUDevice;
  readonly gpuAdapter: GPUAdapter;
}

/** Opens a device of its own, on whatever adapter there is. */
export async function openDevice(onFailure: () => void): Promise<OpenedDevice> {
  const adapter = await requestAdapter(await findGpu());
  const software = isSoftware(adapter);
  const description = describeAdapter(adapter);
  const handle = await requestDevice(adapter);
  const name = 'webgpu';
  const health = new Health(name, handle, onFailure);
  const executor = new Executor({ name, device: handle, health, isSoftware: software });
  const device: WebGpuDevice = {
    name,
    adapter: description,
    isSoftware: software,
    description: `${name}: ${description}, tensors of up to ${executor.room} elements`,
    memory: executor.memory,
    kernels: {
      ...elementwiseKernels(executor),
      ...reductionKernels(executor),
      ...argReductionKernels(executor),
      ...movementKernels(executor),
      ...scanKernels(executor),
      ...sortKernels(executor),
      ...matmulKernels(executor),
      ...sparseKernels(executor),
      ...linearAlgebraKernels(executor),
      ...fourierKernels(executor),
      ...convolutionKernels(executor),
      ...poolingKernels(executor),
      ...softmaxKernels(executor),
      ...normalizationKernels(executor),
      ...polynomialKernels(executor),
      ...randomKernels(executor),
      ...updateKernels(executor),
    },
    warmUp: (work) => executor.warmUp(work),
    get counts() {
      const { submits, dispatches } = executor.queue.counts;
      return { submits, dispatches, pipelines: executor.pipelines.size, buffers: executor.pool.created };
    },
  };
  return { device, executor, handle, gpuAdapter: adapter };
}

let opened: Promise<WebGpuDevice> | undefined;

/**
 * A device that computes with WGSL kernels on WebGPU, in float32; one, however often it is asked for, and a new one after
 * it has failed. It never takes a processor in place of a GPU unless that is allowed.
 *
 * @throws DeviceError where there is no WebGPU, no adapter, or no device of it: the message says what is missing
 */
export async function webgpu({ software = false }: WebGpuOptions = {}): Promise<WebGpuDevice> {
  if (!opened) {
    const opening = openDevice(() => {
      if (opened === opening) opened = undefined;
    }).then(({ device }) => device);
    opened = opening;
    opening.catch(() => {
      if (opened === opening) opened = undefined;
    });
  }
  const device = await opened;
  if (device.isSoftware && !software) {
    throw new DeviceError(
      `webgpu: the only adapter is a processor (${device.adapter}): install a driver of the GPU, take wasm, or allow it ` +
        'with webgpu({ software: true })',
    );
  }
  return device;
}
