import { memory, reference } from '@pnn/nn';
import { type GpuMode, gpu } from '@pnn/tensor/gpu';
import { compareTrainings, train } from '../training.js';

/** Trains in a mode and by the reference, and returns the losses; throws where they differ. */
async function losses(mode: GpuMode, optimizer: 'AdamW' | 'SGD'): Promise<readonly number[]> {
  return (await compareTrainings(await gpu({ mode }), reference, optimizer)).losses;
}

/** Counts what one method of a class makes and another takes back. */
function count(made: object, make: string, freed: object, free: string): () => number {
  const alive = new Set<unknown>();
  const methods = made as Record<string, (...inputs: unknown[]) => unknown>;
  const create = methods[make]!;
  const destroy = (freed as typeof methods)[free]!;
  Object.assign(made, {
    [make](this: unknown, ...inputs: unknown[]) {
      const handle = create.apply(this, inputs);
      alive.add(handle);
      return handle;
    },
  });
  Object.assign(freed, {
    [free](this: unknown, ...inputs: unknown[]) {
      // A buffer destroys itself, a texture is destroyed by its context.
      alive.delete(inputs[0] ?? this);
      destroy.apply(this, inputs);
    },
  });
  return () => alive.size;
}

const { WebGL2RenderingContext: gl, GPUDevice, GPUBuffer } = window as unknown as Record<string, { prototype: object }>;
const handles: Partial<Record<GpuMode, () => number>> = {
  webgl2: count(gl!.prototype, 'createTexture', gl!.prototype, 'deleteTexture'),
  webgpu: count(GPUDevice!.prototype, 'createBuffer', GPUBuffer!.prototype, 'destroy'),
};

/** The textures or buffers of the GPU, buffers of the device and tensors that are alive after each step of a training. */
async function aliveAfterSteps(mode: GpuMode): Promise<{ handles: number; held: number; buffers: number }[]> {
  const device = await gpu({ mode });
  const alive: { handles: number; held: number; buffers: number }[] = [];
  const note = () => alive.push({ handles: handles[mode]!(), held: device.held, buffers: memory().buffers });
  await train(device, 'AdamW', 0, note);
  return alive;
}

Object.assign(window, { losses, aliveAfterSteps, isReady: true });
