import { type Device, reference, setDevice, setThreads, wasm } from '@pnn/nn';
import { enableRelaxedSimd, enableWideSimd, wideSimdObstacle } from '@pnn/nn/node';
import { type GpuDevice, gpu, gpuModes } from '@pnn/tensor/gpu';
import { webgpu } from '@pnn/tensor/webgpu';
import type { DeviceSpec } from '../experiment/specs.js';

/**
 * The devices that the command computes on; `webgpu:software` is a processor where there is no GPU, and `gpu` the first of
 * the modes after it that is available.
 */
export const deviceNames: readonly string[] = [
  'wasm',
  'reference',
  'webgpu',
  'webgpu:software',
  'gpu',
  ...gpuModes.map((mode) => `gpu:${mode}`),
];

let isChosen = false;

/**
 * The device wasm with the fastest instructions that there are; they are chosen once.
 *
 * @throws DeviceError | ArgumentError where PNN_SIMD names a width that cannot be had
 */
function fastestWasm(): Device {
  if (!isChosen) {
    // Asked for by name, it is refused with the reason.
    if (process.env.PNN_SIMD === '256' || wideSimdObstacle() === undefined) enableWideSimd();
    isChosen = true;
  }
  return wasm();
}

/**
 * The device of this name.
 *
 * @throws DeviceError if something is missing: the message says how to get it
 */
export async function openDevice(name: string): Promise<Device | GpuDevice> {
  enableRelaxedSimd();
  if (name === 'wasm') return fastestWasm();
  if (name === 'reference') return reference;
  if (name === 'webgpu' || name === 'webgpu:software') return webgpu({ software: name !== 'webgpu' });
  const mode = gpuModes.find((each) => name === `gpu:${each}`);
  return gpu(mode ? { mode } : {});
}

/** A device that computes, and the spec that opens it again: with the mode that was taken if it named none. */
export interface OpenedDevice {
  readonly device: Device;
  readonly spec: DeviceSpec;
}

/**
 * Computes on this device from now on, with as many threads as the spec says.
 *
 * @throws DeviceError if the platform does not have it
 */
export async function useDevice(spec: DeviceSpec): Promise<OpenedDevice> {
  if (spec.threads !== null) setThreads(spec.threads);
  const device = await openDevice(spec.name);
  setDevice(device);
  return { device, spec: 'mode' in device ? { ...spec, name: `gpu:${device.mode}` } : spec };
}
