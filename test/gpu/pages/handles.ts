import type { GpuMode } from '@pnn/tensor/gpu';

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
const counts: Partial<Record<GpuMode, () => number>> = {
  webgl2: count(gl!.prototype, 'createTexture', gl!.prototype, 'deleteTexture'),
  webgpu: count(GPUDevice!.prototype, 'createBuffer', GPUBuffer!.prototype, 'destroy'),
};

/** The textures, or buffers, of the GPU that were made since the page was opened and not freed. */
export function handlesAlive(mode: GpuMode): number {
  return counts[mode]!();
}
