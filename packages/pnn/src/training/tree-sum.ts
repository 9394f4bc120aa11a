import { ArgumentError, keep, noGrad, scope, type Tensor } from '@pnn/nn';

/**
 * Adds what the shards of a process have found of each tensor, one shard after the other, by a pairwise tree: neighbors
 * first, then their sums, as a `Communicator` adds those of processes. As few partial sums are kept at a time as that takes.
 */
export class TreeSum implements Disposable {
  /** For each tensor sums over 2^k shards, those over the most first. */
  readonly #partial = new Map<Tensor, Tensor[]>();

  /**
   * In place: adds to what shard `shard` has found what is waiting for it. After the last shard it is the sum.
   *
   * @param key the parameter or buffer that it is of
   * @throws ArgumentError where an earlier shard has found nothing
   */
  join(key: Tensor, shard: number, own: Tensor): void {
    const waiting = this.#partial.get(key) ?? [];
    if (waiting.length !== bitsOf(shard)) {
      throw new ArgumentError(
        'Trainer: some shards of one batch have changed a gradient or a buffer, and others have not: the network must ' +
          'compute with the same parameters whatever its inputs are',
      );
    }
    for (let i = shard; i % 2 === 1; i = Math.floor(i / 2)) {
      const earlier = waiting.pop()!;
      noGrad(() => scope(() => own.assign(earlier.add(own))));
      earlier.dispose();
    }
  }

  /** Keeps a tensor that `join` has added to, and that belongs to it from now on, for the shards to come. */
  keep(key: Tensor, own: Tensor): void {
    const waiting = this.#partial.get(key) ?? [];
    waiting.push(keep(own));
    this.#partial.set(key, waiting);
  }

  /** Frees what is still waiting. */
  [Symbol.dispose](): void {
    for (const waiting of this.#partial.values()) for (const each of waiting) each.dispose();
    this.#partial.clear();
  }
}

/** How many digits of the number are 1: the partial sums that wait for the shard of this number. */
function bitsOf(shard: number): number {
  let count = 0;
  for (let rest = shard; rest > 0; rest &= rest - 1) count++;
  return count;
}
