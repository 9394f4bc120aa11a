import { type Device, hasWasm, reference, setDevice, setThreads, wasm } from '@pnn/nn';
import { enableRelaxedSimd } from '@pnn/nn/node';
import { gpu, gpuModes } from '@pnn/tensor/gpu';
import type { Options } from './options.js';

/** The devices that the command computes on; `gpu` is the first of the modes after it that is available. */
export const deviceNames = ['wasm', 'reference', 'gpu', ...gpuModes.map((mode) => `gpu:${mode}` as const)] as const;
/** One of the names that `--device` takes. */
export type DeviceName = (typeof deviceNames)[number];

/**
 * The device that the options name; sets the number of threads, where they say one.
 *
 * @throws UsageError where a value is out of its range
 */
export function deviceFrom(options: Options): DeviceName {
  const threads = options.integer('threads', 1, 64);
  const name = options.choice('device', deviceNames) ?? (hasWasm() ? 'wasm' : 'reference');
  if (threads !== undefined && name !== 'wasm') options.refuse(`--threads goes with --device wasm, not ${name}`);
  if (threads !== undefined) setThreads(threads);
  return name;
}

/**
 * The device of this name.
 *
 * @throws DeviceError where something is missing: the message says how to get it
 */
export async function openDevice(name: DeviceName): Promise<Device> {
  enableRelaxedSimd();
  if (name === 'wasm') return wasm();
  if (name === 'reference') return reference;
  const mode = gpuModes.find((each) => name === `gpu:${each}`);
  return gpu(mode ? { mode } : {});
}

/**
 * Computes on this device from now on, and returns it.
 *
 * @throws DeviceError where the platform does not have it
 */
export async function useDevice(name: DeviceName): Promise<Device> {
  const device = await openDevice(name);
  setDevice(device);
  return device;
}
