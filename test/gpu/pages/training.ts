import { memory, reference } from '@pnn/nn';
import { type GpuMode, gpu } from '@pnn/tensor/gpu';
import { compareTrainings, train } from '../training.js';
import { handlesAlive } from './handles.js';

/** Trains in a mode and by the reference, and returns the losses; throws where they differ. */
async function losses(mode: GpuMode, optimizer: 'AdamW' | 'SGD'): Promise<readonly number[]> {
  return (await compareTrainings(await gpu({ mode }), reference, optimizer)).losses;
}

/** The textures or buffers of the GPU, buffers of the device and tensors that are alive after each step of a training. */
async function aliveAfterSteps(mode: GpuMode): Promise<{ handles: number; held: number; buffers: number }[]> {
  const device = await gpu({ mode });
  const alive: { handles: number; held: number; buffers: number }[] = [];
  const note = () => alive.push({ handles: handlesAlive(mode), held: device.held, buffers: memory().buffers });
  await train(device, 'AdamW', note);
  return alive;
}

Object.assign(window, { losses, aliveAfterSteps, isReady: true });
