import { type Program, type ScalarType, wgslOf } from './wgsl/program.js';

const COMPUTE = 0x4;

/** What a variant of a kernel is compiled for: everything that its source depends on. */
export type Variant = Readonly<Record<string, string | number | boolean>>;

/** A kernel: its source for each variant. Sizes are parameters, so that shapes compile nothing anew. */
export interface Kernel<V extends Variant> {
  readonly name: string;
  readonly program: (variant: V) => Program;
}

/** A kernel, with the type of its variants. */
export function kernel<V extends Variant>(name: string, program: (variant: V) => Program): Kernel<V> {
  return { name, program };
}

/** A compiled variant. */
export interface Pipeline {
  /** The kernel and its variant. */
  readonly label: string;
  readonly handle: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly layoutId: number;
  readonly parameterNames: readonly string[];
  readonly parameterTypes: readonly ScalarType[];
}

/** Compiled kernels, each compiled once. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #layouts = new Map<string, { readonly id: number; readonly handle: GPUBindGroupLayout }>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Compiled so far. */
  get size(): number {
    return this.#pipelines.size;
  }

  get<V extends Variant>({ name, program }: Kernel<V>, variant: V): Pipeline {
    let key = name;
    for (const part in variant) key += `|${variant[part]}`;
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      pipeline = this.#compile(key, program(variant));
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  #compile(label: string, program: Program): Pipeline {
    const layout = this.#layout(Object.keys(program.reads).length, Object.keys(program.writes).length);
    const module = this.#device.createShaderModule({ label, code: wgslOf(program) });
    const handle = this.#device.createComputePipeline({
      label,
      layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout.handle] }),
      compute: { module, entryPoint: 'main' },
    });
    return {
      label,
      handle,
      layout: layout.handle,
      layoutId: layout.id,
      parameterNames: Object.keys(program.parameters),
      parameterTypes: ['u32', ...Object.values(program.parameters)],
    };
  }

  #layout(reads: number, writes: number): { readonly id: number; readonly handle: GPUBindGroupLayout } {
    const key = `${reads}|${writes}`;
    let layout = this.#layouts.get(key);
    if (!layout) {
      const storage = Array.from({ length: reads + writes }, (_, i) => ({
        binding: i + 1,
        visibility: COMPUTE,
        buffer: { type: i < reads ? ('read-only-storage' as const) : ('storage' as const) },
      }));
      const uniform = { binding: 0, visibility: COMPUTE, buffer: { type: 'uniform' as const, hasDynamicOffset: true } };
      const handle = this.#device.createBindGroupLayout({ entries: [uniform, ...storage] });
      layout = { id: this.#layouts.size, handle };
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}
