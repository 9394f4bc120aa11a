import { setDevice } from '@pnn/nn';
import { type GpuMode, gpu, gpuModes, listGpuModes } from '@pnn/tensor/gpu';
import { webgpu } from '@pnn/tensor/webgpu';
import type { Adapter } from '../../protocol.js';
import type { Subject } from '../../subject.js';
import { taskOf } from '../tasks.js';
import { StagedTask } from './staged.js';

/** The names of renderers that compute on the processor: of Chromium, of Mesa (three of them), of Windows. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|lavapipe|basic render/i;

/** How this library computes on a GPU: by kernels in WGSL (the device `webgpu`), or in a mode of gpu.js (the device `gpu`). */
export type GpuWay = 'wgsl' | GpuMode;

/** All of them. */
export const gpuWays: readonly GpuWay[] = ['wgsl', ...gpuModes];

/** What a way needs and this platform lacks; undefined where it can be used. */
export async function missingHere(mode: GpuWay): Promise<string | undefined> {
  if (mode === 'wgsl') {
    return webgpu({ software: true }).then(
      () => undefined,
      (error: Error) => error.message,
    );
  }
  return (await listGpuModes()).find((report) => report.mode === mode)?.missing;
}

/**
 * Makes a GPU device the default one.
 *
 * @throws DeviceError where it cannot be used
 */
export async function openDevice(mode: GpuWay): Promise<Adapter> {
  const device = mode === 'wgsl' ? await webgpu({ software: true }) : await gpu({ mode });
  setDevice(device);
  const onProcessor = mode === 'webasm' || mode === 'cpu' || SOFTWARE.test(device.adapter);
  // An adapter of WebGPU need not say its name.
  const kind = onProcessor ? 'software' : /without a name/.test(device.adapter) ? 'unknown' : 'hardware';
  return { name: device.adapter, kind };
}

/** This library on the default device, which has a memory of its own. */
export const subject: Subject = { prepare: (work) => new StagedTask(taskOf(work)) };
