import type { Tensor } from '@pnn/tensor';

/**
 * Processes that train one network together: each has a replica and computes on its own part of every batch; then they
 * combine what they found, and every one of them judges and updates alike. All call the same methods in the same order;
 * what goes wrong on the way (a process that died, for example) is an error in each of them.
 *
 * Results must not depend on how many processes there are, on threads or on the network between them. So a sum over
 * processes is a binary tree in the order of ranks: neighbors are added first, then their sums, and so on. A mean is such
 * a sum times 1/size. If size is a power of two, 1/size is exact. Then one process that computes the parts of all
 * processes one after the other, and adds them by the same tree, gets the same bits. A plain `MPI_Allreduce` is not
 * enough: MPI does not promise this order.
 */
export interface Communicator {
  /** Which of the processes this is, from 0. */
  readonly rank: number;
  /** The number of processes. */
  readonly size: number;
  /**
   * In place: every tensor becomes the mean of that tensor over all processes, to the same bits in each. Meant for
   * gradients and running statistics; types are float32 or float64, and shapes the same everywhere.
   */
  average(tensors: readonly Tensor[]): Promise<void>;
  /**
   * What each process gives, in the order of ranks, exactly: for losses, metrics, ranges, counts, and for agreeing on
   * an end. Every process gives as many arrays, of the same lengths.
   */
  gather(numbers: readonly ArrayLike<number>[]): Promise<readonly (readonly ArrayLike<number>[])[]>;
  /** In place: every tensor takes over the elements that it has in process 0. */
  broadcast(tensors: readonly Tensor[]): Promise<void>;
}

/** One process by itself: there is nobody to talk to, so that nothing is copied and nothing waited for. */
export const oneProcess: Communicator = {
  rank: 0,
  size: 1,
  average: async () => {},
  gather: async (numbers) => [numbers],
  broadcast: async () => {},
};
