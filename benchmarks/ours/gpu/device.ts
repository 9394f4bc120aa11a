import { setDevice } from '@pnn/nn';
import { type GpuMode, gpu, listGpuModes } from '@pnn/tensor/gpu';
import type { Adapter } from '../../protocol.js';
import type { Subject } from '../../subject.js';
import { taskOf } from '../tasks.js';
import { StagedTask } from './staged.js';

/** The names of renderers that compute on the processor: of Chromium, of Mesa (three of them), of Windows. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|lavapipe|basic render/i;

/** What a mode needs and this platform lacks; undefined where it can be used. */
export async function missingHere(mode: GpuMode): Promise<string | undefined> {
  return (await listGpuModes()).find((report) => report.mode === mode)?.missing;
}

/**
 * Makes the GPU device in a mode the default one.
 *
 * @throws DeviceError where the mode cannot be used
 */
export async function openDevice(mode: GpuMode): Promise<Adapter> {
  const device = await gpu({ mode });
  setDevice(device);
  const onProcessor = mode === 'webasm' || mode === 'cpu' || SOFTWARE.test(device.adapter);
  // An adapter of WebGPU need not say its name.
  const kind = onProcessor ? 'software' : /without a name/.test(device.adapter) ? 'unknown' : 'hardware';
  return { name: device.adapter, kind };
}

/** This library on the default device, which has a memory of its own. */
export const subject: Subject = { prepare: (work) => new StagedTask(taskOf(work)) };
