import type { Elements, LibraryContext } from '../../src/devices/gpu/library.js';

/** A library that answers later, and tells how many handles there are. */
export class LaterContext implements LibraryContext {
  readonly Kernel = class {};
  readonly kernels: object[] = [];
  handles = 0;
  broken = false;
  addFunction(): void {}
  async destroy(): Promise<void> {}
  createKernel(source: string): ReturnType<LibraryContext['createKernel']> {
    let isDestroyed = false;
    const kernel = async (...inputs: readonly (Elements | number)[]): Promise<Elements> => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (this.broken) throw new Error('the device was lost');
      const arrays = await Promise.all(
        inputs.map((input) => (typeof input === 'number' || input instanceof Float32Array ? input : input.toArray())),
      );
      const [x, by] = arrays as [Float32Array, Float32Array | undefined];
      const values = source.includes('by[0]') ? x.map((value) => value * by![0]!) : x.slice();
      this.handles++;
      let isDeleted = false;
      return {
        toArray: async () => {
          if (isDeleted) throw new Error('read after it was deleted');
          await new Promise((resolve) => setTimeout(resolve, 1));
          if (isDestroyed) throw new Error('read after its kernel was destroyed');
          return values;
        },
        delete: () => {
          if (isDeleted) throw new Error('deleted twice');
          if (isDestroyed) throw new Error('deleted after its kernel was destroyed');
          isDeleted = true;
          this.handles--;
        },
      };
    };
    const inner = { fallbackReason: null, context: undefined };
    this.kernels.push(inner);
    const destroy = () => {
      isDestroyed = true;
    };
    return Object.assign(kernel, { kernel: inner, destroy });
  }
}
