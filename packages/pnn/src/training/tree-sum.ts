import { ArgumentError, keep, noGrad, scope, type Tensor } from '@pnn/nn';

/**
 * Adds the tensors of one shard after the other by a pairwise tree: neighbors first, then their sums, as a `Communicator`
 * adds those of processes. As few partial sums are kept at a time as that takes.
 */
export class TreeSum implements Disposable {
  /** Sums over 2^k shards each, those over the most first. */
  readonly #partial: (readonly Tensor[])[] = [];
  #shards = 0;

  /**
   * In place: adds to the tensors of the next shard what is waiting for them; after the last shard they are the sums.
   *
   * @throws ArgumentError where other shards had more or fewer tensors
   */
  join(tensors: readonly Tensor[]): void {
    for (let i = this.#shards++; i % 2 === 1; i = Math.floor(i / 2)) {
      const earlier = this.#partial.pop()!;
      if (earlier.length !== tensors.length) {
        throw new ArgumentError(
          `Trainer: shards of one batch have changed ${earlier.length} and ${tensors.length} gradients and buffers: the ` +
            'network must compute with the same parameters whatever its inputs are',
        );
      }
      noGrad(() => {
        for (const [k, own] of tensors.entries()) scope(() => own.assign(earlier[k]!.add(own)));
      });
      free(earlier);
    }
  }

  /** Keeps tensors that `join` has added to, and that belong to it from now on, for the shards to come. */
  keep(tensors: readonly Tensor[]): void {
    this.#partial.push(tensors.map(keep));
  }

  /** Frees what is still waiting. */
  [Symbol.dispose](): void {
    for (const tensors of this.#partial.splice(0)) free(tensors);
  }
}

function free(tensors: readonly Tensor[]): void {
  for (const each of tensors) each.dispose();
}
