import type { Device } from '../../device.js';
import { DeviceError } from '../../errors.js';
import { describeAdapter } from './adapter.js';
import { Executor } from './executor.js';
import { addFunctions } from './functions.js';
import { type HealthCheck, watchHealth } from './health.js';
import { compile } from './kernel-cache.js';
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
import { sparseKernels } from './kernels/sparse.js';
import { updateKernels } from './kernels/update.js';
import { type Library, type LibraryContext, loadLibrary } from './library.js';
import type { GpuLimits } from './limits.js';
import { type GpuMode, gpuModes, listGpuModes, missingForMode } from './modes.js';

/** A device that computes through gpu.js, and says by what. */
export interface GpuDevice extends Device {
  /** What gpu.js computes with. */
  readonly mode: GpuMode;
  /** The renderer or adapter as its driver calls it, or the processor. */
  readonly adapter: string;
  readonly limits: GpuLimits;
  /** Mode, adapter and limits in one line. */
  readonly description: string;
  /** Buffers that hold elements now, those of views counted once. */
  readonly held: number;
}

/** How a GPU device is chosen. */
export interface GpuOptions {
  /** @default the first mode of `listGpuModes()` that is available */
  readonly mode?: GpuMode;
}

/** The mode in which a context really computes: gpu.js goes on in another one where it meets something it cannot do. */
async function contextBehind(mode: GpuMode, context: LibraryContext): Promise<unknown> {
  const source = 'function (x) { return 2 * x[this.thread.x]; }';
  const kernel = compile(context, source, { output: [3], argumentTypes: ['Array'] });
  const result = await kernel(Float32Array.of(1, 1 / 3, -5));
  const doubled = result instanceof Float32Array ? result : await result.toArray();
  if (!(result instanceof Float32Array)) result.delete();
  if (!(kernel.kernel instanceof context.Kernel)) {
    throw new DeviceError(
      `gpu: gpu.js took another mode than ${mode} (${kernel.kernel.fallbackReason ?? 'without a reason'}): name another`,
    );
  }
  if (![1, 1 / 3, -5].every((value, i) => doubled[i] === 2 * Math.fround(value))) {
    throw new DeviceError(
      `gpu: ${mode} computes [${doubled}] for [2,2/3,-10]: its driver is broken, name another mode`,
    );
  }
  return kernel.kernel.context;
}

interface OpenedDevice {
  readonly device: GpuDevice;
  readonly checkHealth: HealthCheck;
}

const opened = new Map<GpuMode, Promise<OpenedDevice>>();

async function open(mode: GpuMode, library: Library): Promise<OpenedDevice> {
  const missing = await missingForMode(mode);
  if (missing !== undefined) throw new DeviceError(`gpu: no ${mode}: ${missing}`);
  const context = new library({ mode });
  try {
    return await deviceOf(mode, context);
  } catch (cause) {
    // Of what was not opened there may be nothing to destroy, and that it was not says more than an error there.
    await context.destroy().catch(() => {});
    if (cause instanceof DeviceError) throw cause;
    const message = cause instanceof Error ? cause.message : cause;
    throw new DeviceError(`gpu: ${mode} cannot be opened (${message}): name another mode`, { cause });
  }
}

async function deviceOf(mode: GpuMode, context: LibraryContext): Promise<OpenedDevice> {
  addFunctions(context);
  const behind = await contextBehind(mode, context);
  const { adapter, limits } = describeAdapter(mode, behind);
  const name = `gpu (${mode})`;
  // What is opened after a failure is a new context.
  const checkHealth = watchHealth(name, mode, behind, () => opened.delete(mode));
  const executor = new Executor(name, context, limits, { asynchronous: mode === 'webgpu', checkHealth });
  const device: GpuDevice = {
    name,
    mode,
    adapter,
    limits,
    description: `${name}: ${adapter}, tensors of up to ${limits.elements} elements`,
    memory: executor.memory,
    kernels: {
      ...elementwiseKernels(executor),
      ...reductionKernels(executor),
      ...scanKernels(executor),
      ...movementKernels(executor),
      ...matmulKernels(executor),
      ...linearAlgebraKernels(executor),
      ...fourierKernels(executor),
      ...convolutionKernels(executor),
      ...poolingKernels(executor),
      ...softmaxKernels(executor),
      ...sparseKernels(executor),
      ...normalizationKernels(executor),
      ...polynomialKernels(executor),
      ...randomKernels(executor),
      ...updateKernels(executor),
    },
    get held() {
      return executor.held;
    },
  };
  return { device, checkHealth };
}

/** Whether a device still computes; one that does not is taken off the list of those that are opened. */
function computes({ checkHealth }: OpenedDevice): boolean {
  try {
    checkHealth();
    return true;
  } catch {
    return false;
  }
}

/** Says once that the processor stands in for a GPU that nobody named a mode of. */
let said = false;

async function firstMode(): Promise<GpuMode> {
  const reports = await listGpuModes();
  const { mode } = reports.find(({ available }) => available)!;
  if (!said && (mode === 'webasm' || mode === 'cpu')) {
    said = true;
    const lacking = reports.flatMap((report) => (report.available ? [] : [`${report.mode}: ${report.missing}`]));
    console.warn(
      `gpu: there is no GPU for programs here, so ${mode} computes on the processor (${lacking.join('; ')})`,
    );
  }
  return mode;
}

/**
 * A device that computes with kernels of gpu.js, in float32; one for each mode, however often it is asked for. It never
 * takes another mode than the one that is named.
 *
 * @throws DeviceError where gpu.js or what the mode needs is missing: the message says how to get it
 */
export async function gpu({ mode }: GpuOptions = {}): Promise<GpuDevice> {
  const library = await loadLibrary();
  const chosen = mode ?? (await firstMode());
  if (!gpuModes.includes(chosen)) {
    throw new DeviceError(`gpu: there is no mode ${chosen}: take one of ${gpuModes.join(', ')}`);
  }
  let found = opened.get(chosen);
  // Another call may have opened a new one meanwhile.
  if (found && !computes(await found)) found = opened.get(chosen);
  if (!found) {
    found = open(chosen, library);
    opened.set(chosen, found);
    found.catch(() => opened.delete(chosen));
  }
  return (await found).device;
}
