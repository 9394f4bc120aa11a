import type { LibraryContext, LibraryKernel, LibraryKernelSettings } from './library.js';

/**
 * How many compiled kernels a device keeps. Every shape has kernels of its own: a training step of a deep network has some
 * hundreds, which are needed again in every step, and those of its last, smaller batch and of evaluation as many again.
 * One takes about 80 KB of JavaScript's heap, and with a software renderer up to 1 MB besides.
 */
export const KERNELS_KEPT = 1024;

/** A kernel of a source, compiled in the one way in which all of them are. */
export function compile(
  context: LibraryContext,
  source: string,
  settings: Pick<LibraryKernelSettings, 'output' | 'argumentTypes'>,
): LibraryKernel {
  return context.createKernel(source, {
    ...settings,
    precision: 'single',
    pipeline: true,
    immutable: true,
    fixIntegerDivisionAccuracy: false,
  });
}

/** A compiled kernel, and how many of its results and calls are still in use: they end with the kernel. */
export interface CompiledKernel {
  readonly run: LibraryKernel;
  users: number;
}

/** Compiled kernels by what they compute; beyond the capacity, those that were not needed for the longest time go. */
export class KernelCache {
  readonly #context: LibraryContext;
  readonly #capacity: number;
  /** In the order in which they were last asked for. */
  readonly #kernels = new Map<string, CompiledKernel>();

  constructor(context: LibraryContext, capacity: number = KERNELS_KEPT) {
    this.#context = context;
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#kernels.size;
  }

  /** The kernel of this source for so many results, compiled where there is none under this key. */
  get(key: string, source: string, settings: Pick<LibraryKernelSettings, 'output' | 'argumentTypes'>): CompiledKernel {
    let kernel = this.#kernels.get(key);
    if (kernel) {
      this.#kernels.delete(key);
    } else {
      this.#makeRoom();
      kernel = { run: compile(this.#context, source, settings), users: 0 };
    }
    this.#kernels.set(key, kernel);
    return kernel;
  }

  #makeRoom(): void {
    for (const [key, kernel] of this.#kernels) {
      if (this.#kernels.size < this.#capacity) return;
      if (kernel.users > 0) continue;
      this.#kernels.delete(key);
      this.#destroy(kernel.run);
    }
  }

  #destroy(run: LibraryKernel): void {
    const { kernels } = this.#context;
    run.destroy();
    // Not every kernel of gpu.js takes itself off the list of its context.
    const index = kernels.indexOf(run.kernel);
    if (index >= 0) kernels.splice(index, 1);
  }
}
