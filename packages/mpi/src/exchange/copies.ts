import { reference } from '@pnn/nn';
import { hostBytes, hostOffset } from '@pnn/tensor/node';
import type { Request } from '../library.js';
import type { Adder } from './adder.js';
import { exchangeMessages, type Group, othersOf, type Tags } from './group.js';
import type { Neighbor } from './neighbors.js';
import { bytesOf, type Piece, piecesOf, type Segment } from './pieces.js';

/** Pieces are copied one by one, just before they are added. */
export const PIECES_AT_ONCE = 1;

/**
 * Each process copies what it adds from the memory of the others, and the sums back to where the elements were, which it still
 * has in its cache. With messages, those who get the sums copy them, to where another processor has just read: every line must
 * be taken back from its cache. MPI only tells when all are there, and when all are done.
 */
export function* exchangeByCopies(
  group: Group,
  neighbors: readonly Neighbor[],
  segments: readonly Segment[],
  pieces: readonly Piece[],
  adder: Adder,
  tags: Tags,
): Generator<Request, void, void> {
  const { rank, size, base } = group;
  /** Of each process, where its segments are: allocated as the program has gone, they need not be in the same places. */
  const table = reference.memory.allocate('float64', segments.length * size);
  const rowBytes = segments.length * Float64Array.BYTES_PER_ELEMENT;
  const begin = hostOffset(table)!;
  const row = (process: number) => ({ offset: begin + process * rowBytes, length: rowBytes });
  const rowOf = (process: number) => new Float64Array(hostBytes().buffer, row(process).offset, segments.length);
  try {
    rowOf(rank).set(segments.map(({ offset }) => offset));
    yield exchangeMessages(group, tags.scatter, () => row(rank), row);
    const others = othersOf(group).map((process) => {
      const offsets = rowOf(process);
      const theirs = segments.flatMap((segment, i) => piecesOf({ ...segment, offset: offsets[i]! }, size));
      return { process, neighbor: neighbors[process]!, theirs };
    });
    for (const [i, piece] of pieces.entries()) {
      const { offset, size: length } = piece.parts[rank]!;
      if (length === 0) continue;
      const bytes = length * bytesOf(piece.dtype);
      for (const { process, neighbor, theirs } of others) {
        neighbor.read(theirs[i]!.parts[rank]!.offset, base + adder.slot(i, process), bytes);
      }
      adder.add(i, piece);
      for (const { neighbor, theirs } of others) neighbor.write(base + offset, theirs[i]!.parts[rank]!.offset, bytes);
    }
    yield exchangeMessages(group, tags.collect, () => row(rank), row);
  } finally {
    reference.memory.release(table);
  }
}
