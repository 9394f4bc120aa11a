import { type Batch, DataLoader } from '@pnn/nn';

/**
 * Makes the next batch while JavaScript waits for the device, where it gets to. Its state is one batch ahead: such a
 * loader is not for checkpoints.
 */
export class PrefetchingLoader extends DataLoader {
  /** Milliseconds that batches took. */
  making = 0;
  /** Milliseconds from a batch to where JavaScript began to wait: what asking for a step took. */
  asking = 0;
  /** Batches that nobody waited for. */
  prefetched = 0;

  /** Begins to count anew. */
  resetCounts(): void {
    this.making = 0;
    this.asking = 0;
    this.prefetched = 0;
  }

  override *[Symbol.iterator](): IterableIterator<Batch> {
    const batches = super[Symbol.iterator]();
    const take = (): IteratorResult<Batch> => {
      const start = performance.now();
      const result = batches.next();
      this.making += performance.now() - start;
      return result;
    };
    let next: IteratorResult<Batch> | undefined;
    let waiting: NodeJS.Immediate | undefined;
    try {
      for (;;) {
        clearImmediate(waiting);
        const result = next ?? take();
        next = undefined;
        if (result.done) return;
        const handed = performance.now();
        waiting = setImmediate(() => {
          this.asking += performance.now() - handed;
          next = take();
          this.prefetched++;
        });
        yield result.value;
      }
    } finally {
      clearImmediate(waiting);
      if (next && !next.done) next.value.dispose();
      batches.return?.();
    }
  }
}
