import type { Tensor } from '@pnn/tensor';

/**
 * Processes that train one network together: each has a replica and computes on its own shards of every batch (see
 * `Shards`); then they combine what they found, and every one of them judges and updates alike. All call the same methods
 * in the same order, with tensors of the same number, types and shapes, and arrays of the same number and lengths. Each
 * call is awaited before the next one is made, except `beginSum`. What goes wrong on the way (a process that died, for
 * example) is an error in each of them.
 *
 * Results must not depend on how many processes there are, on threads or on the network between them. So a sum over
 * processes is a binary tree in the order of ranks: neighbors are added first, then their sums, and so on; for size 4,
 * (x₀ + x₁) + (x₂ + x₃) in the type of the tensor. The number of shards S and the number of processes K are powers of two,
 * K divides S, and process r has the S/K shards from r·S/K on, which it adds by the same kind of tree before. Together that
 * is the tree over all shards, whatever K is. A plain `MPI_Allreduce` is not enough: MPI does not promise this order.
 * Means are sums times 1/S, which is exact but for subnormal numbers, and so comes once, after all sums.
 */
export interface Communicator {
  /** Which of the processes this is, from 0. */
  readonly rank: number;
  /** The number of processes, a power of two. */
  readonly size: number;
  /**
   * In place: every tensor becomes the sum of that tensor over all processes, to the same bits in each. Types are float32
   * (gradients, running statistics) or float64 (counts, which are exact).
   */
  sum(tensors: readonly Tensor[]): Promise<void>;
  /**
   * Begins what `sum` does and returns at once: a part of the gradients is on its way while backward computes others. Several
   * may be on their way; all processes begin them in the same order, with nothing between but other `beginSum`, and finish
   * them in that order. Until then nobody else touches the tensors.
   *
   * @default the trainer calls `sum` after backward
   */
  beginSum?(tensors: readonly Tensor[]): OngoingSum;
  /**
   * What each process gives, in the order of ranks, exactly as float64: for losses, metrics, ranges, counts, and for
   * agreeing on an end.
   */
  gather(numbers: readonly ArrayLike<number>[]): Promise<readonly (readonly ArrayLike<number>[])[]>;
  /** In place: every tensor, of any type, takes over the bits of the elements that it has in process 0. */
  broadcast(tensors: readonly Tensor[]): Promise<void>;
}

/** A sum over processes that is on its way. */
export interface OngoingSum {
  /** Lets the exchange make progress without waiting for it: called between the steps of backward, on the same thread. */
  poll(): void;
  /** Waits until the tensors hold the sums. */
  finish(): Promise<void>;
}

/** One process by itself: there is nobody to talk to, so that nothing is copied and nothing waited for. */
export const oneProcess: Communicator = {
  rank: 0,
  size: 1,
  sum: async () => {},
  gather: async (numbers) => [numbers],
  broadcast: async () => {},
};
