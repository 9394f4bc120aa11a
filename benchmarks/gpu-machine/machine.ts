import { type Device, scope, type Tensor, zeros } from '@pnn/tensor';
import { type OpenedDevice, openDevice } from '../../packages/tensor/src/devices/webgpu/device.js';
import type { Report } from './report.js';

/** The sizes of a run: those of a GPU, or so small that a processor can stand in for one. */
export interface Scale {
  /** Elements of large tensors. */
  readonly elements: number;
  /** Sides of square matrices. */
  readonly sides: readonly number[];
  /** Images of a batch, and by how much layers are thinner. */
  readonly batch: number;
  readonly thinner: number;
  /** Seconds that one measurement takes. */
  readonly seconds: number;
  /** Random inputs of each kernel case. */
  readonly runs: number;
}

export const large: Scale = {
  elements: 2 ** 26,
  sides: [512, 1024, 2048, 4096],
  batch: 128,
  thinner: 1,
  seconds: 0.25,
  runs: 5,
};

export const small: Scale = {
  elements: 2 ** 16,
  sides: [64, 96],
  batch: 2,
  thinner: 8,
  seconds: 0.01,
  runs: 1,
};

/** What a part works with. */
export interface Machine extends OpenedDevice {
  readonly scale: Scale;
  readonly report: Report;
}

/** Opens the adapter that there is. */
export async function openMachine(scale: Scale, report: Report): Promise<Machine> {
  const opened = await openDevice(() => {});
  return { ...opened, scale, report };
}

/** Waits for everything that was asked for. */
export async function finish(device: Device): Promise<void> {
  const one = scope(() => zeros([1], { device }));
  await one.data();
  one.dispose();
}

/** Milliseconds of one call of what is launched, with as many calls as the time allows, and the best of three rounds. */
export async function millisecondsOf({ device, scale }: Machine, launch: () => void): Promise<number> {
  const round = async (calls: number): Promise<number> => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) scope(launch);
    await finish(device);
    return performance.now() - start;
  };
  await round(1);
  await finish(device);
  const waiting = performance.now();
  await finish(device);
  const latency = performance.now() - waiting;
  let calls = 1;
  let took = await round(calls);
  while (took < (1000 * scale.seconds) / 4 && calls < 2000) {
    calls = Math.min(2000, calls * Math.max(2, Math.ceil((1000 * scale.seconds) / 4 / Math.max(took, 0.05))));
    took = await round(calls);
  }
  const rounds = [took];
  for (let i = 0; i < 2; i++) rounds.push(await round(calls));
  const least = Math.min(...rounds);
  // In software what is waited for varies by more than short work takes.
  return (latency < least / 2 ? least - latency : least) / calls;
}

/** Frees tensors. */
export function free(...tensors: readonly Tensor[]): void {
  for (const tensor of tensors) tensor.dispose();
}

let position = 0;

/** Numbers from −size to size, drawn on the device. */
export function numbers({ device }: Machine, shape: readonly number[], size = 1): Tensor {
  const drawn = scope(() => {
    const unit = zeros(shape, { device });
    device.kernels.uniform(unit, { seed: 1, stream: 'benchmark', position, shard: 0 });
    return unit.sub(0.5).mul(2 * size);
  });
  position += drawn.size;
  return drawn;
}
