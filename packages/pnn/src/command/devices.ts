import { hasWasm, reference, setDevice, setThreads, wasm } from '@pnn/nn';
import { enableRelaxedSimd } from '@pnn/nn/node';
import type { Options } from './options.js';

/** The devices that the command computes on. */
export const deviceNames = ['wasm', 'reference'] as const;
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
 * Computes on this device from now on.
 *
 * @throws DeviceError where the platform does not have it
 */
export function useDevice(name: DeviceName): void {
  enableRelaxedSimd();
  setDevice(name === 'wasm' ? wasm() : reference);
}
