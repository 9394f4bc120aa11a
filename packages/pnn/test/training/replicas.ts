import {
  type Communicator,
  noGrad,
  type OngoingSum,
  randomState,
  restoreRandomState,
  scope,
  type Tensor,
  type TypedArray,
  tensor,
} from '@pnn/nn';

type Elements = Float32Array | Float64Array;

/** The elements of all processes as one sum, by a tree in the order of ranks. */
function treeSum(parts: readonly Elements[]): Elements {
  let level = parts.map((part) => part.slice());
  for (; level.length > 1; level = level.filter((_, i) => i % 2 === 0)) {
    for (let i = 0; i < level.length; i += 2) {
      const [sum, other] = [level[i]!, level[i + 1]!];
      for (let k = 0; k < sum.length; k++) sum[k]! += other[k]!;
    }
  }
  return level[0]!;
}

function replace(tensors: readonly Tensor[], values: readonly TypedArray[]): void {
  noGrad(() =>
    tensors.forEach((each, i) => {
      scope(() => each.assign(tensor(values[i]!, { shape: each.shape, device: each.device })));
    }),
  );
}

const contentsOf = (tensors: readonly Tensor[]) => tensors.map((each) => each.dataSync().slice());

/**
 * Runs so many replicas of a training in this process, as a test double of processes: one after the other, each until it
 * needs what the others have to give, with random streams of its own.
 *
 * @param body what each replica does
 * @returns what they return, by rank
 */
export async function replicas<T>(size: number, body: (communicator: Communicator) => Promise<T>): Promise<T[]> {
  const wakers: (() => void)[] = [];
  let round: unknown[] = [];
  let failure: unknown;
  const start = randomState();

  /** Gives the turn to the next one and waits until it comes back. */
  const passTurn = (rank: number) =>
    new Promise<void>((resolve) => {
      wakers[rank] = resolve;
      wakers[(rank + 1) % size]!();
    });

  async function exchange<V>(rank: number, value: V): Promise<readonly V[]> {
    const own = round;
    own[rank] = value;
    if (rank === size - 1) round = [];
    const random = randomState();
    await passTurn(rank);
    if (failure !== undefined) throw new Error('another replica has failed', { cause: failure });
    if (own.length < size) throw new Error(`replica ${rank} waits for others that have ended`);
    restoreRandomState(random);
    return own as V[];
  }

  function communicatorOf(rank: number): Communicator {
    const sumOf = async (tensors: readonly Tensor[], contents: readonly TypedArray[]) => {
      const all = await exchange(rank, contents as readonly Elements[]);
      replace(
        tensors,
        tensors.map((_, i) => treeSum(all.map((each) => each[i]!))),
      );
    };
    return {
      rank,
      size,
      sum: (tensors) => sumOf(tensors, contentsOf(tensors)),
      beginSum(tensors): OngoingSum {
        // Whoever changes them meanwhile gets sums of what they were.
        const contents = contentsOf(tensors);
        return { poll: () => {}, finish: () => sumOf(tensors, contents) };
      },
      gather: (numbers) =>
        exchange(
          rank,
          numbers.map((each) => Float64Array.from(each)),
        ),
      async broadcast(tensors) {
        const [first] = await exchange(rank, contentsOf(tensors));
        replace(tensors, first!);
      },
    };
  }

  return Promise.all(
    Array.from({ length: size }, async (_, rank) => {
      if (rank > 0) {
        await new Promise<void>((resolve) => {
          wakers[rank] = resolve;
        });
      } else {
        wakers[0] = () => {};
        // Every replica waits for its turn before the first one runs.
        await Promise.resolve();
      }
      restoreRandomState(start);
      try {
        return await body(communicatorOf(rank));
      } catch (error) {
        failure ??= error;
        throw failure;
      } finally {
        wakers[(rank + 1) % size]!();
      }
    }),
  );
}
