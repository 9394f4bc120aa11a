import { type Device, reference, setDevice, setThreads, wasm } from '@pnn/nn';
import { enableRelaxedSimd } from '@pnn/nn/node';
import { gpu, gpuModes } from '@pnn/tensor/gpu';
import type { DeviceSpec } from '../experiment/specs.js';

/** The devices that the command computes on; `gpu` is the first of the modes after it that is available. */
export const deviceNames: readonly string[] = ['wasm', 'reference', 'gpu', ...gpuModes.map((mode) => `gpu:${mode}`)];

/**
 * The device of this name.
 *
 * @throws DeviceError if something is missing: the message says how to get it
 */
export async function openDevice(name: string): Promise<Device> {
  enableRelaxedSimd();
  if (name === 'wasm') return wasm();
  if (name === 'reference') return reference;
  const mode = gpuModes.find((each) => name === `gpu:${each}`);
  return gpu(mode ? { mode } : {});
}

/**
 * Computes on this device from now on, with as many threads as the spec says, and returns it.
 *
 * @throws DeviceError if the platform does not have it
 */
export async function useDevice({ name, threads }: DeviceSpec): Promise<Device> {
  if (threads !== null) setThreads(threads);
  const device = await openDevice(name);
  setDevice(device);
  return device;
}
