import type { Handle, SealContext, SealLibrary } from '../src/seal/context.js';

const isHandle = (value: unknown): value is { delete: () => void } =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Handle>).delete === 'function';

/** SEAL with a count of the handles that were not deleted, contexts among them. */
export class CountingSeal implements SealLibrary {
  live = 0;

  constructor(private readonly inner: SealLibrary) {}

  get version(): 6 | 7 {
    return this.inner.version;
  }

  context(parameters: Parameters<SealLibrary['context']>[0]): SealContext {
    return new Proxy(this.#counted(this.inner.context(parameters)), {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          const result: unknown = Reflect.apply(value, target, args);
          return isHandle(result) ? this.#counted(result) : result;
        };
      },
    });
  }

  #counted<T extends { delete: () => void }>(handle: T): T {
    this.live++;
    const remove = handle.delete;
    let isAlive = true;
    handle.delete = () => {
      if (!isAlive) throw new Error('a handle was deleted twice');
      isAlive = false;
      this.live--;
      remove.call(handle);
    };
    return handle;
  }
}
