import { DeviceError } from '../../errors.js';
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

/** Tells variants of kernels apart. */
export function keyOf<V extends Variant>({ name }: Kernel<V>, variant: V): string {
  let key = name;
  for (const part in variant) key += `|${variant[part]}`;
  return key;
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

  get<V extends Variant>(kernel: Kernel<V>, variant: V): Pipeline {
    const key = keyOf(kernel, variant);
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      const { descriptor, ...own } = this.#describe(key, kernel.program(variant));
      pipeline = { ...own, handle: this.#device.createComputePipeline(descriptor) };
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  /**
   * Compiles a variant beside whatever else is compiled, unless it is there.
   *
   * @throws DeviceError where the driver does not take it
   */
  async prepare<V extends Variant>(kernel: Kernel<V>, variant: V): Promise<void> {
    const key = keyOf(kernel, variant);
    if (this.#pipelines.has(key)) return;
    const { descriptor, ...own } = this.#describe(key, kernel.program(variant));
    let handle: GPUComputePipeline;
    try {
      handle = await this.#device.createComputePipelineAsync(descriptor);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new DeviceError(`webgpu: the kernel ${key} cannot be compiled (${reason})`, { cause });
    }
    if (!this.#pipelines.has(key)) this.#pipelines.set(key, { ...own, handle });
  }

  #describe(label: string, program: Program) {
    const layout = this.#layout(Object.keys(program.reads).length, Object.keys(program.writes).length);
    const module = this.#device.createShaderModule({ label, code: wgslOf(program) });
    const descriptor: GPUComputePipelineDescriptor = {
      label,
      layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout.handle] }),
      compute: { module, entryPoint: 'main' },
    };
    return {
      descriptor,
      label,
      layout: layout.handle,
      layoutId: layout.id,
      parameterNames: Object.keys(program.parameters),
      parameterTypes: ['u32', ...Object.values(program.parameters)] as readonly ScalarType[],
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
