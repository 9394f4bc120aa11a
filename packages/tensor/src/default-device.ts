import type { Device } from './device.js';
import { reference } from './devices/reference/index.js';
import { hasWasm, wasm } from './devices/wasm/index.js';

let current: Device | undefined;

/** The device on which tensors are made where none is named: `wasm()` where the platform has SIMD, else `reference`. */
export function getDevice(): Device {
  current ??= hasWasm() ? wasm() : reference;
  return current;
}

/** From now on tensors are made on this device where none is named. */
export function setDevice(device: Device): void {
  current = device;
}
