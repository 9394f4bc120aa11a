import type { Device } from './device.js';
import { reference } from './devices/reference/index.js';

let current: Device = reference;

/** The device on which tensors are made where none is named. */
export function getDevice(): Device {
  return current;
}

/** From now on tensors are made on this device where none is named. */
export function setDevice(device: Device): void {
  current = device;
}
