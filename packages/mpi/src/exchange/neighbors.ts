import { randomInt } from 'node:crypto';
import { reference } from '@pnn/nn';
import { hostBytes, hostOffset } from '@pnn/tensor/node';
import type { Gathering } from '../agreement.js';
import type { System } from '../system.js';

/** Another process, whose memory this one may read and write. */
export class Neighbor {
  readonly #system: System;
  readonly #process: number;
  readonly #base: number;

  /**
   * @param process its number in the system
   * @param base the address, there, of the first byte of its `hostBytes`
   */
  constructor(system: System, process: number, base: number) {
    this.#system = system;
    this.#process = process;
    this.#base = base;
  }

  /** From an offset in its `hostBytes` to an address here. */
  read(offset: number, address: number, bytes: number): void {
    this.#system.copyFrom(this.#process, this.#base + offset, address, bytes);
  }

  /** From an address here to an offset in its `hostBytes`. */
  write(address: number, offset: number, bytes: number): void {
    this.#system.copyTo(this.#process, this.#base + offset, address, bytes);
  }
}

/**
 * All processes, by rank, where each may copy from the memory of all others and to it; undefined otherwise, in all of them: some
 * are on another machine, the system does not let them, or one does not want to. Containers have numbers of processes of their
 * own, so what counts is to find a number that the other one has thought of.
 *
 * @param base the address of the first byte of `hostBytes`
 */
export async function findNeighbors(
  communicator: Gathering,
  system: System,
  base: number,
  isWanted: boolean,
): Promise<readonly Neighbor[] | undefined> {
  const buffer = reference.memory.allocate('float64', 2);
  const begin = hostOffset(buffer)!;
  const numbers = new Float64Array(hostBytes().buffer, begin, 2);
  const [thought, found] = [0, 1];
  try {
    numbers[thought] = randomInt(2 ** 47);
    const told = await communicator.gather([[Number(isWanted), process.pid, base, begin, numbers[thought]]]);
    const all = told.map(([each]) => Array.from(each!) as [number, number, number, number, number]);
    const neighbors = all.map(([, pid, base]) => new Neighbor(system, pid, base));
    const isReached = (rank: number) => {
      const offset = all[rank]![3];
      try {
        neighbors[rank]!.read(offset, base + begin + 8 * found, 8);
        if (numbers[found] !== all[rank]![4]) return false;
        // The same number once more, where it already is.
        neighbors[rank]!.write(base + begin + 8 * found, offset, 8);
        return true;
      } catch {
        return false;
      }
    };
    const isWantedByAll = all.every(([isWanted]) => isWanted === 1);
    const reachesAll = isWantedByAll && all.every((_, rank) => isReached(rank));
    const answers = await communicator.gather([[Number(reachesAll)]]);
    return answers.every(([each]) => each![0] === 1) ? neighbors : undefined;
  } finally {
    reference.memory.release(buffer);
  }
}
