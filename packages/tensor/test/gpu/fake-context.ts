import type { Elements, LibraryContext } from '../../src/devices/gpu/library.js';

const aMoment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** A library that answers later, or at once; tells how many handles there are, and fails when it is told to. */
export class FakeContext implements LibraryContext {
  readonly Kernel = class {
    readonly fallbackReason = null;
    readonly context = undefined;
  };
  readonly kernels: object[] = [];
  handles = 0;
  calls = 0;
  /** Whether a call fails, from how many came before it. */
  fails: (calls: number) => boolean = () => false;
  readonly #later: boolean;

  constructor({ later }: { readonly later: boolean }) {
    this.#later = later;
  }

  addFunction(): void {}
  async destroy(): Promise<void> {}

  createKernel(source: string): ReturnType<LibraryContext['createKernel']> {
    const inner = new this.Kernel();
    this.kernels.push(inner);
    let isDestroyed = false;
    const compute = (inputs: readonly (Float32Array | number)[]): Elements => {
      if (this.fails(this.calls++)) throw new Error('the device was lost');
      const [first, by] = inputs as [Float32Array | number, Float32Array | undefined];
      const x = typeof first === 'number' ? Float32Array.of(first) : first;
      const values = source.includes('by[0]') ? x.map((value) => value * by![0]!) : x.slice();
      return this.#handle(values, () => isDestroyed);
    };
    const now = (...inputs: readonly (Elements | number)[]): Elements =>
      compute(inputs.map((input) => (isHandle(input) ? (input.toArray() as Float32Array) : input)));
    const later = async (...inputs: readonly (Elements | number)[]): Promise<Elements> => {
      await aMoment();
      return compute(await Promise.all(inputs.map((input) => (isHandle(input) ? input.toArray() : input))));
    };
    const destroy = (): void => {
      isDestroyed = true;
    };
    return Object.assign(this.#later ? later : now, { kernel: inner, destroy });
  }

  #handle(values: Float32Array, isDestroyed: () => boolean): Exclude<Elements, Float32Array> {
    this.handles++;
    let isDeleted = false;
    const check = (action: string): void => {
      if (isDeleted) throw new Error(`${action} after it was deleted`);
      if (isDestroyed()) throw new Error(`${action} after its kernel was destroyed`);
    };
    const readLater = async (): Promise<Float32Array> => {
      if (isDeleted) throw new Error('read after it was deleted');
      await aMoment();
      if (isDestroyed()) throw new Error('read after its kernel was destroyed');
      return values;
    };
    return {
      toArray: () => {
        if (this.#later) return readLater();
        check('read');
        return values;
      },
      delete: () => {
        check('deleted');
        isDeleted = true;
        this.handles--;
      },
    };
  }
}

function isHandle(input: Elements | number): input is Exclude<Elements, Float32Array> {
  return typeof input === 'object' && !(input instanceof Float32Array);
}
