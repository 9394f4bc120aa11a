import type { Request } from '../library.js';
import type { Adder } from './adder.js';
import { type Bytes, exchangeMessages, type Group, type Tags } from './group.js';
import { bytesOf, type Part, type Piece } from './pieces.js';

/** So many pieces are on their way to those who add them while others are added. */
export const PIECES_AHEAD = 4;

/** MPI moves the elements: over any link, while the program goes on. */
export function* exchangeByMessages(
  group: Group,
  pieces: readonly Piece[],
  adder: Adder,
  tags: Tags,
): Generator<Request, void, void> {
  const { rank } = group;
  const bytesIn = ({ dtype }: Piece, { offset, size }: Part): Bytes => ({ offset, length: size * bytesOf(dtype) });

  /** Every process gets the elements that it is to add. */
  const scatter = (piece: Piece, i: number) =>
    exchangeMessages(
      group,
      tags.scatter,
      (process) => bytesIn(piece, piece.parts[process]!),
      (process) => bytesIn(piece, { offset: adder.slot(i, process), size: piece.parts[rank]!.size }),
    );

  /** Every process gets the sums of the others. */
  const collect = (piece: Piece) =>
    exchangeMessages(
      group,
      tags.collect,
      () => bytesIn(piece, piece.parts[rank]!),
      (process) => bytesIn(piece, piece.parts[process]!),
    );

  const scattered = pieces.slice(0, PIECES_AHEAD).map(scatter);
  const collected: Request[] = [];
  for (const [i, piece] of pieces.entries()) {
    yield scattered[i]!;
    adder.add(i, piece);
    collected.push(collect(piece));
    const next = i + PIECES_AHEAD;
    if (next < pieces.length) scattered.push(scatter(pieces[next]!, next));
  }
  for (const request of collected) yield request;
}
