import { ArgumentError } from '@pnn/tensor';
import type { Communicator } from './distributed.js';

/** Which parts of a batch, cut into equal shards in the order of its samples, a process computes. */
export interface Shards {
  /** The number of shards of a batch, in all processes together; a power of two. */
  readonly count: number;
  /** The first one of this process. */
  readonly first: number;
  /** How many of them it has; a power of two. */
  readonly own: number;
}

/** The batch in one piece, in one process. */
export const wholeBatch: Shards = { count: 1, first: 0, own: 1 };

const isPowerOfTwo = (value: number): boolean => value > 0 && value <= 2 ** 30 && (value & (value - 1)) === 0;

/**
 * The shards of the process of a communicator: `count / size` of them, from `rank · count / size` on.
 *
 * @throws ArgumentError where the count is not a power of two, or the number of processes does not divide it
 */
export function shardsOf({ rank, size }: Pick<Communicator, 'rank' | 'size'>, count: number): Shards {
  if (!Number.isInteger(count) || !isPowerOfTwo(count)) {
    throw new ArgumentError(`shards: the number of shards must be a power of two, not ${count}`);
  }
  if (count % size !== 0) {
    throw new ArgumentError(
      `shards: ${size} processes cannot share ${count} shards: start a power of two of processes, ${count} at most`,
    );
  }
  const own = count / size;
  return { count, first: rank * own, own };
}
