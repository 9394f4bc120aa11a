import { DeviceError } from '../../errors.js';

/** What a kernel of gpu.js gives, and takes: a handle of elements on the device, or the elements themselves. */
export type Elements = Float32Array | ElementsHandle;

/** Elements that stay on the device: a texture of WebGL, a buffer of WebGPU. */
export interface ElementsHandle {
  toArray(): Float32Array | Promise<Float32Array>;
  delete(): void;
}

/** A compiled kernel; with WebGPU its result is a promise. */
export interface LibraryKernel {
  (...inputs: readonly (Elements | number)[]): Elements | Promise<Elements>;
  /** What computes: replaced when the library falls back to another mode. */
  readonly kernel: { readonly fallbackReason: string | null; readonly context: unknown };
  /** Frees what the kernel holds: its program, and the last of its results. */
  destroy(): void;
}

/** How a kernel is compiled. */
export interface LibraryKernelSettings {
  readonly output: readonly [number];
  readonly argumentTypes?: readonly string[];
  readonly precision: 'single';
  readonly pipeline: true;
  readonly immutable: true;
  readonly fixIntegerDivisionAccuracy: false;
}

/** One context of gpu.js. */
export interface LibraryContext {
  readonly Kernel: abstract new (...parameters: never[]) => object;
  /** All kernels that were created and not destroyed. */
  readonly kernels: object[];
  createKernel(source: string, settings: LibraryKernelSettings): LibraryKernel;
  addFunction(
    source: string,
    settings: { readonly argumentTypes: Readonly<Record<string, string>>; readonly returnType: string },
  ): void;
  destroy(): Promise<void>;
}

/** The class `GPU` of gpu.js. */
export interface Library {
  readonly isWebGL2Supported: boolean;
  readonly isHeadlessGLSupported: boolean;
  readonly isWebGPUSupported: boolean;
  readonly isWebAssemblySupported: boolean;
  isWebGPUAvailable(): Promise<boolean>;
  new (settings: { readonly mode: string }): LibraryContext;
}

/**
 * gpu.js, which is loaded when it is first asked for and not before.
 *
 * @throws DeviceError where it is not installed
 */
export async function loadLibrary(): Promise<Library> {
  let module: unknown;
  try {
    module = await import('gpu.js');
  } catch (cause) {
    throw new DeviceError(
      `gpu: gpu.js cannot be loaded (${cause instanceof Error ? cause.message : cause}): npm install gpu.js`,
      { cause },
    );
  }
  const { GPU } = module as { GPU: Library };
  return GPU;
}
