import { type HostArray, keep, type Module, noGrad, StateDictError, scope, type Tensor, tensor } from '@pnn/nn';

/** Copies of the parameters and buffers of a network as they were in its best epoch. */
export class BestWeights {
  readonly #copies = new Map<string, Tensor>();

  /** By the names of the state dict; nothing before the first `take`. */
  get tensors(): ReadonlyMap<string, Tensor> {
    return this.#copies;
  }

  /** Copies those that the network has now. */
  take(network: Module): void {
    noGrad(() => {
      for (const [name, source] of network.stateDict()) {
        const copy = this.#copies.get(name);
        if (copy) copy.assign(source);
        else this.#copies.set(name, keep(source.clone()));
      }
    });
  }

  /**
   * Takes over what was kept of a network of the same kind, or nothing where nothing was kept.
   *
   * @throws StateDictError where some is missing, and some was kept; nothing is changed then
   */
  restore(network: Module, arrays: ReadonlyMap<string, HostArray>): void {
    const own = network.stateDict();
    const missing = [...own.keys()].filter((name) => !arrays.has(name));
    if (arrays.size > 0 && missing.length > 0) {
      throw new StateDictError(`BestWeights: the weights of the best epoch lack ${missing.join(', ')}`);
    }
    this.dispose();
    for (const [name, array] of arrays) {
      const device = own.get(name)?.device;
      if (device) {
        this.#copies.set(
          name,
          scope(() => keep(tensor(array.data, { shape: array.shape, device }))),
        );
      }
    }
  }

  /** Frees the copies. */
  dispose(): void {
    for (const copy of this.#copies.values()) copy.dispose();
    this.#copies.clear();
  }
}
