import { MpiError } from './errors.js';

/** What all processes are to do together. */
export type Operation = 'sum' | 'gather' | 'broadcast';

const operations: readonly Operation[] = ['sum', 'gather', 'broadcast'];

/** What a process is about to do, before it does: MPI itself would hang, or end everything, if another one did something else. */
export interface Announcement {
  readonly operation: Operation;
  /** How many calls there were before. */
  readonly call: number;
  /** A hash of the lengths and types of what is given. */
  readonly shape: number;
}

const FIELDS = 3;
/** The bytes of an announcement. */
export const ANNOUNCEMENT_BYTES: number = FIELDS * Float64Array.BYTES_PER_ELEMENT;

export function encodeAnnouncement({ operation, call, shape }: Announcement): Uint8Array {
  return new Uint8Array(Float64Array.of(operations.indexOf(operation), call, shape).buffer);
}

/**
 * Whether all processes do the same.
 *
 * @param announced those of all processes, in the order of ranks
 * @throws MpiError otherwise, in all of them alike
 */
export function checkAnnouncements(announced: Uint8Array): void {
  const numbers = new Float64Array(announced.buffer, announced.byteOffset, announced.byteLength / 8);
  for (let i = FIELDS; i < numbers.length; i += FIELDS) {
    const at = `in call ${numbers[1]! + 1}`;
    const [first, other] = [operations[numbers[0]!], operations[numbers[i]!]];
    if (first !== other) {
      throw new MpiError(
        `mpi: ${at} process 0 calls ${first} and process ${i / FIELDS} ${other}: all must call the same, in the same order`,
      );
    }
    if (numbers[2] !== numbers[i + 2]) {
      throw new MpiError(
        `mpi: ${at}, ${first}, process ${i / FIELDS} gives other lengths or types than process 0: ` +
          'all must train the same network with the same settings',
      );
    }
  }
}

/** FNV-1a over words of 32 bits (Fowler, Noll, Vo), as a number without a sign. */
export function hashOf(words: Iterable<number>): number {
  let hash = 0x811c9dc5;
  for (const word of words) {
    for (let shift = 0; shift < 32; shift += 8) {
      hash = Math.imul(hash ^ ((word >>> shift) & 0xff), 0x01000193);
    }
  }
  return hash >>> 0;
}
