import { createRequire } from 'node:module';

/** The part of the package `webgpu` that computes, without the package around it. */
const { create, globals } = createRequire(`${process.cwd()}/`)(process.env.DAWN_NODE ?? './dawn.node') as {
  readonly create: (options: readonly string[]) => unknown;
  readonly globals: object;
};

/** Opens WebGPU, with what `DAWN_FLAGS` asks for, such as `enable-dawn-features=dump_shaders`. */
function createWithFlags(options: readonly string[]): unknown {
  return create([...options, ...(process.env.DAWN_FLAGS?.split(' ') ?? [])]);
}

export { createWithFlags as create, globals };
